import { Inject, Injectable } from '@nestjs/common';
import { TaskCache } from '@gateway/cache';
import { Problem, validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import { PROVIDERS } from '@gateway/providers';
import { UpstreamClient } from '@gateway/upstream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { GatewayConfig } from '../config/gateway-config.js';
import { BUILD_INFO } from '../health/build-info.js';
import type { BuildInfo } from '../health/build-info.js';
import { Drain } from '../http/gateway-server.js';
import { AUDIT_LOGGER } from '../http/logger.js';
import { readBody } from '../http/read-body.js';
import { Siblings } from '../siblings/siblings.js';
import { queryViolations } from '../tasks/task-request.js';
import { TaskResolver } from '../tasks/task-resolver.js';
import { LongPoll } from '../watch/long-poll.js';
import { TaskStreams } from '../watch/task-streams.js';
import { TaskWatches } from '../watch/task-watches.js';
import { BreakerDto } from './breaker-dto.js';

type BreakerRequest = FastifyRequest<{ readonly Params: { readonly provider: string; readonly region: string } }>;

const TOPIC = 'breaker';
/** What operators have decided so far. */
const DECISIONS = 'breakers';

interface BreakerChange extends Pick<BreakerDto, 'state'> {
  readonly provider: string;
  readonly region: string;
}

/**
 * `GET /version`; `GET /admin/state`, what this process does just now; `PUT /admin/breakers/{provider}/{region}` with
 * `{"state": "open" | "closed" | "auto"}`, which holds in this process and those that share its port until told otherwise: `202`
 * where one of these has not said that it knows. The provider may be `iam`.
 */
@Injectable()
export class StateRoutes {
  constructor(
    private readonly config: GatewayConfig,
    private readonly upstream: UpstreamClient,
    private readonly cache: TaskCache,
    private readonly drain: Drain,
    private readonly resolver: TaskResolver,
    private readonly waits: LongPoll,
    private readonly streams: TaskStreams,
    private readonly watches: TaskWatches,
    private readonly siblings: Siblings,
    @Inject(BUILD_INFO) private readonly build: BuildInfo,
    @Inject(AUDIT_LOGGER) private readonly logger: Logger,
  ) {}

  install(server: FastifyInstance): void {
    this.siblings.onQuestion(TOPIC, (body) => {
      const { provider, region, state } = body as BreakerChange;
      this.upstream.controlBreaker(provider, region, state);
    });
    this.siblings.onQuestion(DECISIONS, () => this.decisions());
    const on = (path: string, answer: () => object): void => {
      server.get(path, (request, reply) => {
        refuseQuery(request);
        return reply.send(answer());
      });
    };
    on('/version', () => this.build);
    on('/admin/state', () => this.state());
    server.put<{ readonly Params: BreakerRequest['params'] }>('/admin/breakers/:provider/:region', (request, reply) =>
      this.setBreaker(request, reply),
    );
  }

  /** Has a process that takes the place of another hold to what operators have decided before it was there. */
  async takeOver(): Promise<void> {
    const { answers } = await this.siblings.ask(DECISIONS);
    // Of those that are being started as well there is nothing, or null: they do not know either.
    for (const { provider, region, state } of answers.flatMap((answer) => (answer ?? []) as readonly BreakerChange[]))
      if (this.upstream.regionNames().includes(region)) this.upstream.controlBreaker(provider, region, state);
  }

  private decisions(): readonly BreakerChange[] {
    return this.config.regions
      .flatMap(({ name: region }) =>
        this.servicesOf(region).map((provider) => {
          return { provider, region, state: this.upstream.breakerControl(provider, region) };
        }),
      )
      .filter(({ state }) => state !== 'auto');
  }

  /** No ids of tasks, projects or callers, and no addresses: what operators may paste into a ticket. */
  private state(): object {
    const { waits, streams, upstream } = this.config;
    return {
      build: this.build,
      uptimeSeconds: Math.floor(process.uptime()),
      draining: this.drain.isDraining,
      redis: this.cache.health().redis,
      cache: this.cache.stats(),
      waits: { open: this.waits.size, limit: waits.max },
      streams: { open: this.streams.size, limit: streams.max },
      watchedTasks: this.watches.size,
      upstreams: this.config.regions.flatMap(({ name: region }) =>
        this.servicesOf(region).map((provider) => this.serviceState(provider, region, upstream.concurrency)),
      ),
      unmappedWords: this.unmappedWords(),
    };
  }

  private serviceState(provider: string, region: string, limit: number): object {
    const { breaker, retryAfterSeconds, inFlight, queued } = this.upstream.state(provider, region);
    return {
      provider,
      region,
      breaker,
      control: this.upstream.breakerControl(provider, region),
      retryAfterSeconds,
      inFlight,
      queued,
      limit,
      ...this.upstream.counts(provider, region),
    };
  }

  /** Words are of upstreams, and without secrets. */
  private unmappedWords(): object[] {
    const { unmappedWords } = this.upstream;
    return ['iam', ...PROVIDERS.map(({ id }) => id)]
      .map((provider) => ({
        provider,
        statusWords: unmappedWords.of(provider, 'status word'),
        errorCodes: unmappedWords.of(provider, 'error code'),
      }))
      .filter(({ statusWords, errorCodes }) => Object.keys({ ...statusWords, ...errorCodes }).length > 0);
  }

  private servicesOf(region: string): readonly string[] {
    const served = PROVIDERS.filter((provider) => this.upstream.regionNames(provider).includes(region));
    const iam = this.upstream.inspectsTokens(region) ? ['iam'] : [];
    return [...iam, ...served.map(({ id }) => id)];
  }

  private async setBreaker(request: BreakerRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { provider, region } = request.params;
    const violations: Violation[] = [...queryViolations(request.query)];
    const body = readBody(BreakerDto, request.body, violations);
    if (violations.length > 0 || body === null) throw validationFailed(violations);
    // Says what there is, and what was probably meant.
    if (provider !== 'iam') this.resolver.provider(provider);
    if (!this.upstream.regionNames().includes(region) || !this.servicesOf(region).includes(provider))
      throw new Problem('scope-not-found', { detail: 'No configured region of this name has this provider.' });
    const change: BreakerChange = { provider, region, state: body.state };
    this.upstream.controlBreaker(provider, region, body.state);
    const { missing } = await this.siblings.ask(TOPIC, change);
    this.logger.info({ audit: 'breaker', requestId: request.id, provider, region, state: body.state });
    return reply
      .status(missing === 0 ? 200 : 202)
      .send(this.serviceState(provider, region, this.config.upstream.concurrency));
  }
}

function refuseQuery({ query }: FastifyRequest): void {
  const violations = queryViolations(query);
  if (violations.length > 0) throw validationFailed(violations);
}
