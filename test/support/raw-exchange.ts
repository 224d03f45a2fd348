import { connect } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { jest } from '@jest/globals';
import { TaskRequests } from '../../apps/gateway/src/tasks/task-request.js';
import { TasksService } from '../../apps/gateway/src/tasks/tasks.service.js';
import { readReply } from './http-client.js';
import type { Reply } from './http-client.js';
import { contradictions } from './openapi.js';

/** Who finds an answer: the hook of the express route, or the controller behind it. A refusal may be nobody's. */
export type Answerer = 'express' | 'controller';

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

export interface WatchedController {
  /** Tasks that controllers of all gateways have looked for so far. */
  readonly searches: () => number;
  readonly stop: () => void;
}

/** Watches what controllers look for: the express route never does. */
export function watchController(): WatchedController {
  let searches = 0;
  const { prototype } = TasksService;
  const find = Reflect.get(prototype, 'find');
  prototype.find = function (this: TasksService, ...parameters) {
    searches += 1;
    return find.apply(this, parameters);
  };
  return { searches: () => searches, stop: () => void (prototype.find = find) };
}

/** Asks on a connection of its own, byte for byte; each reply is held against the committed OpenAPI document. */
export async function exchange(port: number, controller: WatchedController, asked: Written): Promise<Answered> {
  const { method, path, version = '1.1', headers, body = '' } = asked;
  const before = controller.searches();
  const lines = [`${method} ${path} HTTP/${version}`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const received = await converse(port, `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`);
  const by = controller.searches() === before ? 'express' : 'controller';
  const end = received.indexOf('\r\n\r\n');
  const reply = readReply(received.toString('utf8'));
  const wrong = contradictions(method, path, reply);
  if (wrong.length > 0) throw new Error(`${method} ${path} contradicts openapi.json: ${wrong.join('; ')}`);
  const given = (name: string): boolean =>
    headers.some(([sent, value]) => sent.toLowerCase() === name && value === reply.headers[name]);
  const head = received
    .subarray(0, end)
    .toString('latin1')
    .split('\r\n')
    .map((line) => line.replace(/^date: .*/i, 'date'))
    .map((line) => (given('x-request-id') ? line : line.replace(/^x-request-id: [0-9a-f-]{36}$/, 'x-request-id')))
    .map((line) =>
      given('traceparent') ? line : line.replace(/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-00$/, 'traceparent'),
    );
  return { by, head, content: received.subarray(end + 4), reply };
}

/** While something runs, the controller answers everything. */
export async function withoutExpress<Result>(app: NestFastifyApplication, run: () => Promise<Result>): Promise<Result> {
  const unknown = jest.spyOn(app.get(TaskRequests), 'isKnown').mockReturnValue(false);
  try {
    return await run();
  } finally {
    unknown.mockRestore();
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
