import { Controller, Get, Header, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Problem } from '@gateway/problems';
import { ProviderRegistry, UpstreamClient } from '@gateway/upstream';
import { ApiProvider, ApiProviders } from '../openapi/catalog-operations.js';
import { describeErrors, describeProvider } from './describe-provider.js';

@ApiTags('catalog')
@Controller('providers')
export class ProvidersController {
  constructor(
    private readonly registry: ProviderRegistry,
    private readonly upstream: UpstreamClient,
  ) {}

  @Get()
  @Header('cache-control', 'no-cache')
  @ApiProviders()
  list() {
    return { providers: this.registry.list().map((provider) => describeProvider(provider, this.upstream)) };
  }

  @Get(':provider')
  @Header('cache-control', 'no-cache')
  @ApiProvider()
  one(@Param('provider') id: string) {
    const provider = this.registry.get(id);
    if (provider === undefined)
      throw new Problem('provider-not-found', { detail: 'No provider of this name is served.' });
    const { surprises } = this.upstream;
    return {
      ...describeProvider(provider, this.upstream),
      errors: describeErrors(provider.errors),
      unknownWords: { statusWords: surprises.of(id, 'status word'), errorCodes: surprises.of(id, 'error code') },
    };
  }
}
