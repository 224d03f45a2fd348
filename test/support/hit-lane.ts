import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { jest } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { TaskRequests } from '../../apps/gateway/src/tasks/task-request.js';
import { readReply } from './http-client.js';
import type { Reply } from './http-client.js';
import { contradictions } from './openapi.js';

/** Who gives an answer: the lane, or the framework behind it. */
export type Answerer = 'lane' | 'framework';

/** A request as it is written: nothing is added but the end of its head. */
export interface Written {
  readonly method: string;
  readonly path: string;
  /** `1.1` if left out. */
  readonly version?: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

export interface Answered {
  readonly by: Answerer;
  /** Status line and headers in order, but for what differs from one request to the next. */
  readonly head: readonly string[];
  readonly content: Buffer;
  readonly reply: Reply;
}

export interface WatchedFramework {
  /** Requests that it was given so far. */
  readonly requests: () => number;
  readonly stop: () => void;
}

/** Watches the framework of gateways that start from now on: what the lane answers it never hears of. */
export function watchFramework(): WatchedFramework {
  let requests = 0;
  const watch = (message: unknown): void => {
    (message as { fastify: FastifyInstance }).fastify.addHook('onRequest', (_request, _reply, done) => {
      requests += 1;
      done();
    });
  };
  subscribe('fastify.initialization', watch);
  return { requests: () => requests, stop: () => void unsubscribe('fastify.initialization', watch) };
}

/** Asks on a connection of its own, byte for byte; each reply is held against the committed OpenAPI document. */
export async function exchange(port: number, framework: WatchedFramework, asked: Written): Promise<Answered> {
  const { method, path, version = '1.1', headers, body = '' } = asked;
  const before = framework.requests();
  const lines = [`${method} ${path} HTTP/${version}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const said = await converse(port, `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`);
  const by = framework.requests() === before ? 'lane' : 'framework';
  const end = said.indexOf('\r\n\r\n');
  const reply = readReply(said.toString('utf8'));
  const wrong = contradictions(method, path, reply);
  if (wrong.length > 0) throw new Error(`${method} ${path} contradicts openapi.json: ${wrong.join('; ')}`);
  const given = (name: string): boolean =>
    headers.some(([sent, value]) => sent.toLowerCase() === name && value === reply.headers[name]);
  const head = said
    .subarray(0, end)
    .toString('latin1')
    .split('\r\n')
    .map((line) => line.replace(/^date: .*/i, 'date'))
    .map((line) => (given('x-request-id') ? line : line.replace(/^x-request-id: [0-9a-f-]{36}$/, 'x-request-id')))
    .map((line) =>
      given('traceparent') ? line : line.replace(/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00$/, 'traceparent'),
    );
  return { by, head, content: said.subarray(end + 4), reply };
}

/** While something runs, no request is the lane's. */
export async function withoutLane<Result>(app: NestFastifyApplication, run: () => Promise<Result>): Promise<Result> {
  const unread = jest.spyOn(app.get(TaskRequests), 'peek').mockReturnValue(undefined);
  try {
    return await run();
  } finally {
    unread.mockRestore();
  }
}

/** Writes bytes, and reads until the other side ends the connection. */
export function converse(port: number, bytes: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => {
      socket.end();
      resolve(Buffer.concat(chunks));
    });
  });
}
