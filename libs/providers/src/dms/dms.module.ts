import { Module } from '@nestjs/common';
import { ProviderRegistry } from '@gateway/upstream';
import { DMS } from './dms.provider.js';

@Module({})
export class DmsModule {
  static readonly provider = DMS;

  constructor(registry: ProviderRegistry) {
    registry.add(DMS);
  }
}
