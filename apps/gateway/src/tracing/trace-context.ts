import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingHttpHeaders } from 'node:http';
import type { OnApplicationShutdown } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ATTEMPTS } from '@gateway/upstream';
import type { AttemptMessage } from '@gateway/upstream';
import type { OnEnd } from '../http/hooks.js';
import { givenTraceparent } from '../http/request-context.js';
import { TURNS } from '../watch/watched-task.js';

/** What a gateway does about the traces (W3C Trace Context) that its requests belong to. */
export interface Tracing {
  /** Before anything else is done for a request. */
  readonly onRequest: (request: FastifyRequest) => void;
  readonly onEnd: OnEnd | null;
  /** Has all that follows belong to the trace of the request. */
  readonly enter: (request: FastifyRequest, next: () => void) => void;
  /** Ends in bounded time. */
  readonly stop: () => Promise<void>;
}

/** Stops after the server has closed: spans of requests end with their connections, those of streams last of all. */
export class TracingEnd implements OnApplicationShutdown {
  constructor(private readonly tracing: Tracing) {}

  onApplicationShutdown(): Promise<void> {
    return this.tracing.stop();
  }
}

/** What is sent upstream of a caller's trace. */
type PassedOn = Pick<AttemptMessage, 'headers'>['headers'];

/** As long as every vendor has to take (W3C Trace Context, 3.3.1.5). */
const MAX_TRACESTATE = 512;

/** Passes a caller's context on to upstreams as it came, and makes no spans: that takes no library. */
export function passingOn(): Tracing {
  const store = new AsyncLocalStorage<PassedOn | undefined>();
  const add = ({ headers }: AttemptMessage): void => void Object.assign(headers, store.getStore());
  const listener = add as (message: unknown) => void;
  ATTEMPTS.start.subscribe(listener);
  // Questions for all who watch a task belong to none of them.
  TURNS.start.bindStore(store, () => undefined);
  return {
    onRequest: () => undefined,
    onEnd: null,
    enter: ({ raw: { headers } }, next) => {
      const traceparent = headers['traceparent'] === undefined ? null : givenTraceparent(headers);
      if (traceparent === null) return next();
      const tracestate = tracestateOf(headers);
      store.run({ traceparent, ...(tracestate === null ? {} : { tracestate }) }, next);
    },
    stop: async () => {
      ATTEMPTS.start.unsubscribe(listener);
      TURNS.start.unbindStore(store);
    },
  };
}

/** What vendors know of a trace; null where that is nothing, or cannot be passed on. */
export function tracestateOf(headers: IncomingHttpHeaders): string | null {
  const given = headers['tracestate'];
  if (typeof given !== 'string' || given.length > MAX_TRACESTATE) return null;
  return /^[\x20-\x7e]+$/.test(given) ? given : null;
}
