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
interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
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

  /** A gateway that gives these answers in turn, and a client of it that waits for nothing. */
  async function talk(answers: readonly (Answer | ConnectionLoss)[], options: Partial<TaskClientOptions> = {}) {
    const requests: Asked[] = [];
    const pauses: number[] = [];
    const waiting = [...answers];
    const listener = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      requests.push({ method: request.method, url: request.url, headers: request.headers, body: text });
      const answer = waiting.shift() ?? { status: 500, body: '' };
      if (answer === 'silence') return;
      if (answer === 'reset') return void request.socket.resetAndDestroy();
      if (answer === 'half') {
        reply.writeHead(200, { 'content-length': 1000 }).write('{"done":', () => request.socket.destroy());
        return;
      }
      const { status, headers = {}, body } = answer;
      reply.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers });
      reply.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
    };
    const server = createServer((request, reply) => void listener(request, reply));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = new TaskClient({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      headers: { 'x-auth-token': 't' },
      random: () => 0.5,
      sleep: async (ms, signal) => {
        signal.throwIfAborted();
        pauses.push(ms / 1000);
      },
      ...options,
    });
    return { client, requests, pauses };
  }

  return { talk };
}
