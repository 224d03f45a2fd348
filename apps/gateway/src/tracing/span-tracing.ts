import { AsyncLocalStorage } from 'node:async_hooks';
import type { TracingChannel } from 'node:diagnostics_channel';
import { createTraceState, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Attributes, Context, Span, SpanContext, Tracer } from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FILLS } from '@gateway/cache';
import { Problem, problemCode } from '@gateway/problems';
import { findProvider } from '@gateway/providers';
import { ATTEMPTS, LOOKUPS } from '@gateway/upstream';
import type { AttemptMessage } from '@gateway/upstream';
import { failureClass } from '../http/failure-class.js';
import { factsOf, givenTraceparent } from '../http/request-context.js';
import { outcomeOf } from '../tasks/cache-outcome.js';
import { TURNS } from '../watch/watched-task.js';
import type { Tracing } from './trace-context.js';
import { tracestateOf } from './trace-context.js';

/** What a message of a channel tells of where, and at the end of how. */
interface SpanMessage {
  readonly provider: string;
  readonly region: string;
  result?: unknown;
  error?: unknown;
}

/** Methods that a span may be named by (HTTP semantic conventions); others are `_OTHER`. */
const METHODS: ReadonlySet<string> = new Set('GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT QUERY'.split(' '));

/**
 * Spans by the HTTP semantic conventions of OpenTelemetry: one for each request and each attempt upstream, and between them the
 * cache and the lookup. No attribute holds what a caller or an upstream chose: no ids, addresses or texts.
 */
export class SpanTracing implements Tracing {
  private readonly store = new AsyncLocalStorage<Context>();
  private readonly spans = new WeakMap<object, Span>();
  private readonly ends: (() => void)[];

  constructor(
    private readonly tracer: Tracer,
    private readonly flush: () => Promise<void>,
  ) {
    this.ends = [
      this.follow(FILLS, (message, parent) => this.inner('cache.fill', message, parent), endFill),
      this.follow(LOOKUPS, (message, parent) => this.inner('upstream.lookup', message, parent), endWork),
      this.follow(ATTEMPTS, (message, parent) => this.beginAttempt(message, parent), endAttempt),
      // Nobody's request: it is asked for all who watch.
      this.follow(TURNS, (message) => this.inner('watch.turn', message, ROOT_CONTEXT), endTurn),
    ];
  }

  readonly onRequest = (request: FastifyRequest): void => {
    const { raw } = request;
    const parent = remoteParent(raw.headers);
    const { method = '' } = raw;
    const known = METHODS.has(method);
    const route = request.routeOptions.url;
    const attributes: Attributes = {
      'http.request.method': known ? method : '_OTHER',
      'url.scheme': 'http',
      'network.protocol.version': raw.httpVersion,
      ...(route === undefined ? {} : { 'http.route': route }),
    };
    const name = `${known ? method : 'HTTP'}${route === undefined ? '' : ` ${route}`}`;
    const span = this.tracer.startSpan(
      name,
      { kind: SpanKind.SERVER, attributes },
      parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent),
    );
    this.spans.set(request, span);
    // The trace that the reply and the log name.
    if (parent === null) raw.headers['traceparent'] = traceparentOf(span.spanContext());
  };

  readonly onEnd = (request: FastifyRequest, reply: FastifyReply, status: number): void => {
    const span = this.spans.get(request);
    if (span === undefined) return;
    this.spans.delete(request);
    const { region, problem } = factsOf(request);
    const { provider = '' } = (request.params ?? {}) as { provider?: string };
    const known = findProvider(provider)?.id;
    span.setAttributes({
      'task_gateway.cache': outcomeOf(reply),
      ...(known === undefined ? {} : { 'task_gateway.provider': known }),
      ...(region === undefined ? {} : { 'task_gateway.region': region }),
      ...(problem === undefined ? {} : { 'task_gateway.problem': problemCode(problem.slug) }),
      ...(status === 499 ? { 'error.type': 'called-off' } : { 'http.response.status_code': status }),
    });
    if (status >= 500) {
      span.setAttribute('error.type', problem?.slug ?? String(status));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  };

  readonly enter = (request: FastifyRequest, next: () => void): void => {
    const span = this.spans.get(request);
    if (span === undefined) next();
    else this.store.run(trace.setSpan(ROOT_CONTEXT, span), next);
  };

  readonly stop = async (): Promise<void> => {
    for (const end of this.ends) end();
    await this.flush();
  };

  /** Has a span for each piece of work that a channel tells of, and that work go on inside of it. */
  private follow<Message extends SpanMessage>(
    channel: TracingChannel<unknown, Message>,
    begin: (message: Message, parent: Context) => Span,
    finish: (message: Message, span: Span) => void,
  ): () => void {
    channel.start.bindStore(this.store, (message) => {
      const parent = this.store.getStore() ?? ROOT_CONTEXT;
      const span = begin(message, parent);
      this.spans.set(message, span);
      return trace.setSpan(parent, span);
    });
    const onEnd = (message: unknown): void => {
      const span = this.spans.get(message as Message);
      if (span === undefined) return;
      finish(message as Message, span);
      span.end();
    };
    channel.asyncEnd.subscribe(onEnd);
    return () => {
      channel.start.unbindStore(this.store);
      channel.asyncEnd.unsubscribe(onEnd);
    };
  }

  private inner(name: string, message: SpanMessage, parent: Context): Span {
    return this.tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes: placeOf(message) }, parent);
  }

  private beginAttempt(message: AttemptMessage, parent: Context): Span {
    const { method, origin, template, resends, headers } = message;
    const { hostname, port, protocol } = new URL(origin);
    const attributes: Attributes = {
      ...placeOf(message),
      'http.request.method': method,
      'server.address': hostname,
      'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
      'url.scheme': protocol.slice(0, -1),
      // Not the URL, which names the task.
      'url.template': template,
      ...(resends > 0 ? { 'http.request.resend_count': resends } : {}),
    };
    const span = this.tracer.startSpan(`${method} ${template}`, { kind: SpanKind.CLIENT, attributes }, parent);
    const context = span.spanContext();
    headers['traceparent'] = traceparentOf(context);
    const tracestate = context.traceState?.serialize() ?? '';
    if (tracestate !== '') headers['tracestate'] = tracestate;
    return span;
  }
}

const placeOf = ({ provider, region }: SpanMessage): Attributes => ({
  'task_gateway.provider': provider,
  'task_gateway.region': region,
});

function endWork({ error }: SpanMessage, span: Span): void {
  if (error === undefined) return;
  const type = failureClass(error);
  span.setAttribute('error.type', type);
  if (type !== 'called-off') span.setStatus({ code: SpanStatusCode.ERROR });
}

function endFill(message: SpanMessage, span: Span): void {
  const { kind, shared } = (message.result ?? {}) as { readonly kind?: string; readonly shared?: boolean };
  if (kind !== undefined) span.setAttributes({ 'task_gateway.result': kind, 'task_gateway.shared': shared ?? false });
  endWork(message, span);
}

function endAttempt(message: AttemptMessage, span: Span): void {
  if (message.status !== null) span.setAttribute('http.response.status_code', message.status);
  endWork(message, span);
}

function endTurn({ result, ...message }: SpanMessage & { readonly watchers: number }, span: Span): void {
  span.setAttribute('task_gateway.watchers', message.watchers);
  endWork(result instanceof Problem ? { ...message, error: result } : message, span);
}

/** The span of the caller's that a request belongs to; null where it names none. */
function remoteParent(headers: FastifyRequest['raw']['headers']): SpanContext | null {
  const given = givenTraceparent(headers);
  if (given === null) return null;
  const [, traceId = '', spanId = '', flags = ''] = given.split('-');
  const tracestate = tracestateOf(headers);
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(tracestate === null ? {} : { traceState: createTraceState(tracestate) }),
  };
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
