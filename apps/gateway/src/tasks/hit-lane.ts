import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AccessGuard } from '../access/guard.js';
import { loggedPrincipal } from '../access/caller.js';
import type { Caller } from '../access/caller.js';
import { CREDENTIAL_HEADERS } from '../access/credential-headers.js';
import { GatewayConfig } from '../config/gateway-config.js';
import type { AccessEntry, AccessLog } from '../http/access-log.js';
import { corsOrigins } from '../http/cors-origins.js';
import { Drain } from '../http/drain.js';
import { commonHeaders, EXPOSED } from '../http/hooks.js';
import { hostFault } from '../http/host-header.js';
import { PIECE_LENGTH, piecesOf } from '../http/pieces.js';
import { requestId } from '../http/request-id.js';
import { cacheDirectives } from './cache-directives.js';
import { matchesEtag } from './conditional-request.js';
import { etagOf } from './task-body.js';
import { bodyIn } from './task-answer.js';
import type { TaskAnswer } from './task-answer.js';
import { TaskResolver } from './task-resolver.js';
import { JSON_HEADERS, cacheStatus, taskHeaders } from './task-reply.js';
import { TaskRequests } from './task-request.js';
import type { TaskRequest } from './task-request.js';
import { TasksService } from './tasks.service.js';

/** The framework, which answers whatever the lane does not. */
export type Pipeline = (request: IncomingMessage, response: ServerResponse) => void;

/** A request that may be answered here. */
interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly began: number;
  readonly caller: Caller;
  readonly url: TaskRequest;
}

/**
 * Answers what is stored ahead of the framework, which would take half of what such an answer costs
 * (`npm run bench -- --suite hit`). It says nothing but 200 and 304, and only to `GET` of a URL that the framework has
 * read before; it asks the same guard, the same rights, proofs and store. Whatever else a request is or wants, also every
 * refusal, is the framework's.
 */
@Injectable()
export class HitLane {
  private log: AccessLog | null = null;
  private readonly vary: string;
  /** What CORS says to whoever names no origin; names and values take turns. */
  private readonly corsHeaders: readonly string[];
  private readonly hasCors: boolean;

  constructor(
    { access, server }: GatewayConfig,
    private readonly guard: AccessGuard,
    private readonly urls: TaskRequests,
    private readonly references: TaskResolver,
    private readonly tasks: TasksService,
    private readonly drain: Drain,
  ) {
    this.hasCors = corsOrigins(server).length > 0;
    this.corsHeaders = this.hasCors ? ['access-control-expose-headers', EXPOSED.join(', ')] : [];
    this.vary = `${this.hasCors ? 'Origin, ' : ''}${CREDENTIAL_HEADERS[access.mode]}`;
  }

  /** @param log null where no requests are logged */
  logTo(log: AccessLog | null): void {
    this.log = log;
  }

  /** Answers, or hands on. */
  answer(request: IncomingMessage, response: ServerResponse, pipeline: Pipeline): void {
    if (!this.takes(request, response, pipeline)) pipeline(request, response);
  }

  private takes(request: IncomingMessage, response: ServerResponse, pipeline: Pipeline): boolean {
    const began = performance.now();
    const url = request.method === 'GET' ? this.urls.peek(request.url ?? '') : undefined;
    const { headers } = request;
    if (url?.resource !== 'task' || headers.host === undefined || hostFault(request) !== null) return false;
    if (this.hasCors && headers.origin !== undefined) return false;
    try {
      const established = this.guard.identify(request);
      if (established instanceof Promise) {
        // The framework waits for it, and says what it ends in.
        established.catch(() => undefined);
        return false;
      }
      if (established.violations.length > 0) return false;
      const { caller } = established;
      const target = this.references.targetOf(url.named, caller);
      if (target === null) return false;
      const directives = cacheDirectives(headers['cache-control']);
      const asked = { request, response, began, caller, url };
      const recalled = this.tasks.recall(target, caller, directives);
      if (recalled === null) return false;
      if (!(recalled instanceof Promise)) return this.sends(asked, recalled);
      void this.sendLater(asked, recalled, pipeline);
      return true;
    } catch {
      // A refusal: the framework finds out again, and words it.
      return false;
    }
  }

  private async sendLater(asked: Asked, recalled: Promise<TaskAnswer | null>, pipeline: Pipeline): Promise<void> {
    const found = await recalled;
    const { request, response } = asked;
    // The framework would wait for a caller to leave who has left already.
    if (response.destroyed)
      this.log?.(entryOf(asked, commonHeaders(requestId(request), request, this.vary), 499, null));
    else if (found === null || !this.sends(asked, found)) pipeline(request, response);
  }

  /** Whether it could be sent: what other processes have stored may make no headers, or have no views. */
  private sends(asked: Asked, answer: TaskAnswer): boolean {
    const { log } = this;
    const { request, response, url } = asked;
    const id = requestId(request);
    const etag = etagOf(answer.version, url.view);
    const headers = commonHeaders(id, request, this.vary);
    headers.push(...this.corsHeaders, ...taskHeaders(answer, etag, answer.pollAfterSeconds));
    if (this.drain.isDraining) headers.push('connection', 'close');
    let isHandedOver = true;
    try {
      if (matchesEtag(request.headers['if-none-match'], etag)) response.writeHead(304, headers).end();
      else {
        const body = bodyIn(url.view, answer);
        const length = Buffer.byteLength(body);
        headers.push(...JSON_HEADERS, 'content-length', String(length));
        response.writeHead(200, headers);
        isHandedOver = body.length <= PIECE_LENGTH;
        // Text of ASCII is the same in both, and Latin-1 need not be looked at.
        if (isHandedOver) response.end(body, length === body.length ? 'latin1' : 'utf8');
        else piecesOf(body).pipe(response);
      }
    } catch {
      return false;
    }
    if (log === null) return true;
    const cache = cacheStatus(answer.cache);
    // The network has taken all of nearly every answer by now; of another one its caller may still leave.
    if (isHandedOver && response.writableLength === 0) log(entryOf(asked, headers, response.statusCode, cache));
    else
      response.once('close', () =>
        log(entryOf(asked, headers, response.writableFinished ? response.statusCode : 499, cache)),
      );
    return true;
  }
}

/** @param headers begin with those that all replies have */
function entryOf(
  { began, caller, url }: Asked,
  [, requestId = '', , traceparent = '']: readonly string[],
  status: number,
  cache: string | null,
): AccessEntry {
  return {
    requestId,
    traceparent,
    method: 'GET',
    route: '/tasks/:provider/:id',
    provider: url.named.provider.id,
    region: url.named.region,
    principal: loggedPrincipal(caller),
    status,
    problem: null,
    cache,
    ms: performance.now() - began,
  };
}
