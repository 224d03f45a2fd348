import { Controller, Get, Header, Module } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { TaskCache } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import { PROVIDERS } from '@gateway/providers';
import { UpstreamClient } from '@gateway/upstream';
import { Public } from '../access/guard.js';
import { Drain } from '../http/gateway-server.js';
import { ApiLive, ApiReady } from './health.openapi.js';
import { VersionController } from './version.controller.js';

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    private readonly cache: TaskCache,
    private readonly upstream: UpstreamClient,
    private readonly drain: Drain,
  ) {}

  @Get('livez')
  @Public()
  @Header('cache-control', 'no-store')
  @ApiLive
  live() {
    return { status: 'alive' };
  }

  /** Ready until it stops: a lost Redis and an unhealthy upstream degrade it, and are named. */
  @Get('readyz')
  @Public()
  @Header('cache-control', 'no-store')
  @ApiReady
  ready() {
    if (this.drain.isDraining)
      throw new Problem('gateway-busy', { detail: 'This gateway is stopping: ask another one.', retryAfterSeconds: 5 });
    const { redis } = this.cache.health();
    const upstreams = PROVIDERS.flatMap((provider) =>
      this.upstream.regionNames(provider).map((region) => {
        const { breaker } = this.upstream.state(provider.id, region);
        return { provider: provider.id, region, breaker };
      }),
    );
    const unhealthy = this.upstream.unhealthyServices();
    const degraded = redis === 'down' || unhealthy.length > 0 || upstreams.some(({ breaker }) => breaker !== 'closed');
    return { status: 'ready', degraded, redis, upstreams, unhealthy };
  }
}

/** Liveness, readiness, and what runs here. */
@Module({ controllers: [HealthController, VersionController] })
export class HealthModule {}
