import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { validationFailed } from '@gateway/problems';
import type { Violation } from '@gateway/problems';
import { TASK_VIEWS } from '@gateway/tasks';
import type { TaskView } from '@gateway/tasks';
import { callerOf } from '../access/guard.js';
import type { Caller } from '../access/authentication.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { factsOf } from '../http/request-context.js';
import { TaskResolver } from './task-resolver.js';
import type { NamedTask } from './task-resolver.js';

/** What a request's `Cache-Control` (RFC 9111, 5.2.1) asks of this gateway. */
export interface CacheDirectives {
  /** The upstream must be asked: `no-cache`, `no-store`, or `max-age=0`. */
  readonly reload: boolean;
  /** The upstream must not be asked. */
  readonly onlyIfCached: boolean;
  /** The answer must not be kept. */
  readonly noStore: boolean;
  /** Oldest acceptable answer in seconds; null for any. */
  readonly maxAgeSeconds: number | null;
  /** Epoch milliseconds: an answer that was observed since then will do, fresh or not; null, as in all requests: only a fresh one. */
  readonly observedSince: number | null;
}

/** What there is of a task. */
export type TaskResourceName = 'task' | 'artifact' | 'events';

/** What a request for a task, its artifact or its events asks. */
export interface TaskRequest {
  readonly named: NamedTask;
  readonly view: TaskView;
  readonly caller: Caller;
  readonly directives: CacheDirectives;
}

type RoutedRequest = FastifyRequest<{ readonly Params: { readonly provider: string; readonly id?: string } }>;

/** Longer URLs are parsed each time. */
const MAX_KEPT_URL = 512;

/** Reads requests for tasks. Equal URLs say the same, whoever asks: each is parsed and validated once. */
@Injectable()
export class TaskRequests {
  private readonly parsed: LRUCache<string, Pick<TaskRequest, 'named' | 'view'>>;

  constructor(
    { cache }: GatewayConfig,
    private readonly resolver: TaskResolver,
  ) {
    this.parsed = new LRUCache({
      // A cache without a size is one without bounds.
      maxSize: Math.max(1, cache.parsedUrlCharacters),
      sizeCalculation: (_parsed, url) => url.length,
    });
  }

  /** Defaults may have changed: each URL is read again. */
  forgetAll(): void {
    this.parsed.clear();
  }

  /** Whether this URL has been read before, and found good. */
  isKnown({ raw }: FastifyRequest): boolean {
    return this.parsed.has(raw.url ?? '');
  }

  /**
   * Everything that a guarded request says, with all that is wrong with it at once.
   * @param violations what is wrong with it already
   * @throws Problem `provider-not-found`, `validation-failed`
   */
  read(request: FastifyRequest, resource: TaskResourceName, violations: Violation[] = []): TaskRequest {
    const caller = callerOf(request, violations);
    const { named, view } = this.parse(request, resource, violations);
    factsOf(request).region = named.address.region;
    return { named, view, caller, directives: cacheDirectives(request.headers['cache-control']) };
  }

  /** @param violations what is wrong with the request besides its URL */
  private parse(request: FastifyRequest, resource: TaskResourceName, violations: readonly Violation[]) {
    const url = request.raw.url ?? '';
    const known = this.parsed.get(url);
    if (known !== undefined) {
      if (violations.length > 0) throw validationFailed(violations, known.named.provider.id);
      return known;
    }
    const { provider, id = '' } = (request as RoutedRequest).params;
    // An unknown provider is the first thing to know, whatever else is wrong.
    this.resolver.provider(provider);
    const found: Violation[] = [];
    const shown = resource === 'events' ? 'basic' : 'full';
    const { view = shown, ...scope } = readTaskQuery(request.query, resource !== 'artifact', found);
    found.push(...violations);
    const parsed = { named: this.resolver.complete({ provider, id, ...scope }, found), view };
    if (url.length <= MAX_KEPT_URL) this.parsed.set(url, parsed);
    return parsed;
  }
}

interface TaskQuery {
  readonly region?: string;
  readonly projectId?: string;
  readonly instanceId?: string;
  readonly view?: TaskView;
}

const SCOPE_PARAMETERS = ['region', 'projectId', 'instanceId'] as const;

/** Reads the query of a task's URL; unknown, repeated and empty parameters are added to `violations`. */
export function readTaskQuery(raw: unknown, allowView: boolean, violations: Violation[]): TaskQuery {
  const query: Record<string, string> = {};
  const known: readonly string[] = allowView ? [...SCOPE_PARAMETERS, 'view'] : SCOPE_PARAMETERS;
  for (const [parameter, value] of Object.entries(raw as Readonly<Record<string, unknown>>)) {
    const name = parameter.slice(0, 64);
    if (!known.includes(parameter)) violations.push({ detail: `Only ${known.join(', ')} are read.`, parameter: name });
    else if (typeof value !== 'string')
      violations.push({ detail: `${name} is given more than once.`, parameter: name });
    else if (parameter === 'view' && !(TASK_VIEWS as readonly string[]).includes(value))
      violations.push({ detail: `view must be one of ${TASK_VIEWS.join(', ')}.`, parameter: name });
    else query[parameter] = value;
  }
  return query;
}

/** What is wrong with a query where nothing is read from it. */
export function queryViolations(query: unknown): Violation[] {
  const detail = 'No query parameters are read here.';
  return Object.keys(query as object).map((parameter) => ({ detail, parameter: parameter.slice(0, 64) }));
}

export const NO_DIRECTIVES: CacheDirectives = {
  reload: false,
  onlyIfCached: false,
  noStore: false,
  maxAgeSeconds: null,
  observedSince: null,
};

/** Reads the field; unknown directives are ignored, as the standard asks. */
export function cacheDirectives(field: string | undefined): CacheDirectives {
  if (field === undefined) return NO_DIRECTIVES;
  const directives = new Map<string, string>();
  for (const part of field.toLowerCase().split(',')) {
    const [name = '', value = ''] = part.split('=', 2).map((text) => text.trim());
    directives.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  const maxAge = directives.get('max-age') ?? '';
  const maxAgeSeconds = /^\d{1,10}$/.test(maxAge) ? Number(maxAge) : null;
  const noStore = directives.has('no-store');
  return {
    reload: noStore || directives.has('no-cache') || maxAgeSeconds === 0,
    onlyIfCached: directives.has('only-if-cached'),
    noStore,
    maxAgeSeconds,
    observedSince: null,
  };
}
