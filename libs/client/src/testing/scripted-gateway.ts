import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import { TaskClient } from '../index.js';
import type { TaskClientOptions, TaskReference } from '../index.js';

export const REF: TaskReference = { provider: 'ims', id: 'a b', region: 'eu' };
const task = { id: 'a b', provider: 'ims' };
export const running = {
  status: 200,
  body: { ...task, status: 'running', done: false, version: 'v1', pollAfterSeconds: 7 },
};
export const done = {
  status: 200,
  body: { ...task, status: 'failed', done: true, version: 'v2', pollAfterSeconds: null },
};
/** The first answer, with its tag. */
export const known = { ...running, headers: { etag: 'W/"v1"' } };
/** A later state of the same task. */
export const later = { ...running.body, version: 'v1b' };
export const other = { ...REF, id: 'other' };
export const problem = (status: number, members: object, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: {
    title: 'T',
    detail: 'D',
    code: 'UPSTREAM_ERROR',
    status,
    retryable: true,
    retryAfterSeconds: null,
    ...members,
  },
});
/** Not an answer: what becomes of the connection instead. */
export type ConnectionLoss = 'reset' | 'half' | 'silence';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
/** What a request for a stream gets: a stream that begins with these events and stays open, or something else. */
export type StreamScript = Answer | ConnectionLoss | { readonly events: readonly string[] };

const NO_STREAMS: Answer = problem(404, { code: 'ROUTE_NOT_FOUND', retryable: false });

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export const taskEvent = (body: object, ref: object = REF): string =>
  eventOf({
    kind: 'task',
    ref,
    status: 200,
    etag: `W/"${String((body as { version?: string }).version)}"`,
    task: body,
  });
export const problemEvent = (members: object, ref: object = REF): string =>
  eventOf({ kind: 'problem', ref, status: 502, problem: problem(502, members).body });
export const endEvent = (reason: string): string => eventOf({ kind: 'end', reason });

function eventOf(data: { readonly kind: string; readonly [member: string]: unknown }): string {
  return `event: ${data.kind}\ndata: ${JSON.stringify(data)}\n\n`;
}

export function times<T>(count: number, what: T): readonly T[] {
  return Array.from({ length: count }, () => what);
}

/** So many streams with the same events. */
export const streamsOf = (count: number, ...events: readonly string[]): readonly StreamScript[] =>
  times(count, { events });
export const bodyOf = ({ body }: { readonly body: string }): unknown => JSON.parse(body);

/** Resolves when something holds that the other side brings about. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Gateways for a file of tests, which are closed behind each. */
export function scriptedGateways() {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.close();
      server.closeAllConnections();
    }
  });

  /**
   * A gateway that gives these answers in turn, and a client of it that waits for nothing. Streams it knows only where
   * there are scripts for them.
   */
  async function talk(
    answers: readonly (Answer | ConnectionLoss)[],
    { streams = [], ...options }: Partial<TaskClientOptions> & { readonly streams?: readonly StreamScript[] } = {},
  ) {
    const requests: Asked[] = [];
    const streamRequests: Asked[] = [];
    /** Streams that are open, or were. */
    const opened: ServerResponse[] = [];
    const pauses: number[] = [];
    const waiting = [...answers];
    const scripts = [...streams];
    const listener = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const isStream = request.url === '/tasks/events';
      const asked = { method: request.method, url: request.url, headers: request.headers, body: text };
      (isStream ? streamRequests : requests).push(asked);
      const answer = isStream ? (scripts.shift() ?? NO_STREAMS) : (waiting.shift() ?? { status: 500, body: '' });
      if (answer === 'silence') return;
      if (answer === 'reset') return void request.socket.resetAndDestroy();
      if (answer === 'half') {
        reply.writeHead(200, { 'content-length': 1000 }).write('{"done":', () => request.socket.destroy());
        return;
      }
      if ('events' in answer) {
        opened.push(reply);
        reply.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
        reply.write(['retry: 2000\n\n', ...answer.events].join(''));
        return;
      }
      const { status, headers = {}, body } = answer;
      reply.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers });
      reply.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    };
    const server = createServer((request, reply) => void listener(request, reply));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new TaskClient({
      baseUrl,
      headers: { 'x-auth-token': 't' },
      random: () => 0.5,
      sleep: async (ms, signal) => {
        signal.throwIfAborted();
        pauses.push(ms / 1000);
      },
      ...options,
    });
    return { client, baseUrl, requests, streamRequests, opened, pauses };
  }

  return { talk };
}
