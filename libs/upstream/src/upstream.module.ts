import { HttpModule, HttpService } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { HttpTransport } from './transport/http-transport.js';
import { UpstreamClient } from './upstream-client.js';
import type { UpstreamConfig } from './upstream-settings.js';

/** Everything that talks to clouds. Global: every feature of the gateway uses it. */
@Module({})
export class UpstreamModule {
  static register(config: UpstreamConfig): DynamicModule {
    return {
      module: UpstreamModule,
      global: true,
      imports: [HttpModule],
      providers: [
        {
          provide: HttpTransport,
          inject: [HttpService],
          useFactory: (http: HttpService) =>
            new HttpTransport(http, {
              connectMs: config.upstream.connectMs,
              // Several services may share an origin, and each has its own bulkhead: the pool is no second, narrower one.
              connectionsPerOrigin: 16 * config.upstream.concurrency,
            }),
        },
        {
          provide: UpstreamClient,
          inject: [HttpTransport],
          useFactory: (transport: HttpTransport) => new UpstreamClient(config, transport),
        },
      ],
      exports: [UpstreamClient],
    };
  }
}
