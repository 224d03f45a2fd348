import { Module } from '@nestjs/common';
import { ProviderRegistry } from '@gateway/upstream';
import { APIG } from './apig.provider.js';

@Module({})
export class ApigModule {
  static readonly provider = APIG;

  constructor(registry: ProviderRegistry) {
    registry.add(APIG);
  }
}
