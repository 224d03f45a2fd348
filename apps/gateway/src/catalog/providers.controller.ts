import { Controller, Get, Header, Param, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Problem } from '@gateway/problems';
import { findProvider, PROVIDERS } from '@gateway/providers';
import { UpstreamClient } from '@gateway/upstream';
import type { FastifyRequest } from 'fastify';
import { callerOf } from '../access/guard.js';
import { Public } from '../access/guard.js';
import { ApiProvider, ApiProviders } from './catalog.openapi.js';
import { describeErrors, describeProvider, regionsOf } from './describe-provider.js';

@ApiTags('catalog')
@Controller('providers')
export class ProvidersController {
  constructor(private readonly upstream: UpstreamClient) {}

  @Get()
  @Public('passthrough')
  @Header('cache-control', 'no-cache')
  @ApiProviders
  list(@Req() request: FastifyRequest) {
    const { grant } = callerOf(request, []);
    const providers = PROVIDERS.filter((provider) => regionsOf(provider, this.upstream, grant).length > 0).map(
      (provider) => describeProvider(provider, this.upstream, grant),
    );
    return { providers };
  }

  @Get(':provider')
  @Public('passthrough')
  @Header('cache-control', 'no-cache')
  @ApiProvider
  one(@Param('provider') id: string, @Req() request: FastifyRequest) {
    const provider = findProvider(id);
    if (provider === undefined)
      throw new Problem('provider-not-found', { detail: 'No provider of this name is served.' });
    if (this.upstream.regionNames(provider).length === 0)
      throw new Problem('provider-not-found', { detail: 'No region of this gateway is of a cloud that has it.' });
    const { grant } = callerOf(request, []);
    if (regionsOf(provider, this.upstream, grant).length === 0)
      throw new Problem('permission-denied', {
        detail: 'Your credentials do not allow asking about tasks of this provider.',
        provider: id,
      });
    const { unmappedWords } = this.upstream;
    return {
      ...describeProvider(provider, this.upstream, grant),
      errors: describeErrors(provider.errors),
      unknownWords: {
        statusWords: unmappedWords.of(id, 'status word'),
        errorCodes: unmappedWords.of(id, 'error code'),
      },
    };
  }
}
