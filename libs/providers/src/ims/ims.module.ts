import { Module } from '@nestjs/common';
import { ProviderRegistry } from '@gateway/upstream';
import { IMS } from './ims.provider.js';

@Module({})
export class ImsModule {
  static readonly provider = IMS;

  constructor(registry: ProviderRegistry) {
    registry.add(IMS);
  }
}
