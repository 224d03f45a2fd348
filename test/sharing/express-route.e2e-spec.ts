import { afterEach, beforeEach, expect, jest } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Redis } from 'ioredis';
import { TaskAddress } from '@gateway/tasks';
import { TasksService } from '../../apps/gateway/src/tasks/tasks.service.js';
import { Seal, writeEnvelope } from '../../libs/cache/src/envelope.js';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { exchange, watchController, withoutExpress } from '../support/raw-exchange.js';
import type { Answered, WatchedController, Written } from '../support/raw-exchange.js';
import { redisAdmin } from '../support/redis-admin.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { closedGate, startCloud, succeeded } from './support/cloud.js';
import type { Cloud } from './support/cloud.js';
import { SECRETS, redisIs, startLocal } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';
import { taskNames } from '../../libs/cache/src/keys.js';

const { describe, it } = needing('redis-server');
const SCOPE = { provider: 'ims', region: 'shared', projectId: 'project-1', instanceId: null };

let controller: WatchedController;
let redis: RedisServer;
let admin: Redis;
let cloud: Cloud;
let replica: LocalReplica;
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  controller = watchController();
  cleanups.push(controller.stop);
  redis = await startRedis();
  cleanups.push(redis.stop);
  admin = redisAdmin(redis.url);
  cleanups.push(() => admin.disconnect());
  cloud = await startCloud(succeeded);
  cleanups.push(cloud.close);
  // Too little for any answer: each comes from Redis.
  replica = await startLocal({
    cloud: cloud.url,
    redis: redis.url,
    cache: { memoryBytes: 1 },
  });
  cleanups.push(replica.close);
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const get = (id: string, more: Written['headers'] = [], query = ''): Written => ({
  method: 'GET',
  path: `/tasks/ims/${id}?region=shared&projectId=project-1${query}`,
  headers: [['Host', 'a'], ...more],
});
const nameOf = (id: string): string => taskNames(new TaskAddress({ ...SCOPE, id }), '').result;
const ask = (written: Written): Promise<Answered> => exchange(replica.port, controller, written);
const sourceOf = ({ by, reply }: Answered): unknown => [by, reply.status, (reply.body as { source?: string }).source];
const HIT = ['express', 200, 'cache'];
const LIVE = ['controller', 200, 'live'];
const linesOf = (id: string): readonly { readonly status?: number }[] =>
  replica.logs
    .map((line) => JSON.parse(line) as { readonly requestId?: string; readonly status?: number })
    .filter(({ requestId }) => requestId === id);

/** In Redis, by a URL that has been read. */
async function stored(id: string, query = ''): Promise<Written> {
  expect((await ask(get(id, [], query))).reply.status).toBe(200);
  await eventually(async () => (await admin.exists(nameOf(id))) === 1);
  cloud.behave(succeeded);
  return get(id, [], query);
}

/** A request whose answer from Redis is held back. */
async function held(id: string, requestId: string, knows = true) {
  const known = await stored(id);
  if (!knows) await admin.del(nameOf(id));
  const gate = closedGate();
  const tasks = replica.app.get(TasksService);
  const getCached = tasks.getCached.bind(tasks);
  const reading = jest.spyOn(tasks, 'getCached').mockImplementation(async (...parameters) => {
    const found = await getCached(...parameters);
    await gate.opened;
    return found;
  });
  const socket = connect(replica.port, '127.0.0.1');
  cleanups.push(() => socket.destroy());
  const arrived = once(replica.app.getHttpServer(), 'request') as Promise<[IncomingMessage]>;
  socket.write(`GET ${known.path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${requestId}\r\n\r\n`);
  const [request] = await arrived;
  await eventually(() => reading.mock.calls.length === 1);
  return { socket, request, open: gate.open };
}

describe('express route, from Redis', () => {
  it("reply: the controller's, byte for byte", async () => {
    for (const query of ['', '&view=basic']) {
      const known = await stored('task-1', query);
      jest.spyOn(Date, 'now').mockReturnValue(Date.now());
      for (const more of [[], [['If-None-Match', '*']]] as Written['headers'][]) {
        const written = { ...known, headers: [...known.headers, ...more] };
        const express = await ask(written);
        const behind = await withoutExpress(replica.app, () => ask(written));
        expect([express.by, behind.by]).toEqual(['express', 'controller']);
        expect(express.head.toSorted()).toEqual(behind.head.toSorted());
        expect(express.content.equals(behind.content)).toBe(true);
      }
      jest.restoreAllMocks();
    }
    expect(cloud.calls).toEqual([]);
  });

  it("access log: one line for each answer, the controller's", async () => {
    const known = await stored('task-1');
    await ask({ ...known, headers: [...known.headers, ['X-Request-Id', 'one']] });
    await withoutExpress(replica.app, () => ask({ ...known, headers: [...known.headers, ['X-Request-Id', 'two']] }));
    await eventually(() => linesOf('two').length > 0);
    const [one, two] = ['one', 'two'].map((id) =>
      linesOf(id).map((line) => ({ ...line, ms: 0, time: '', requestId: '', traceId: '', cache: '' })),
    );
    expect(one).toHaveLength(1);
    expect(one).toEqual(two);
  });
});

describe('express route, without an answer in Redis', () => {
  it('entry gone: the upstream is asked', async () => {
    const known = await stored('task-1');
    expect(sourceOf(await ask(known))).toEqual(HIT);
    await admin.del(nameOf('task-1'));
    expect(sourceOf(await ask(known))).toEqual(LIVE);
  });

  it('Redis down: the upstream is asked', async () => {
    const known = await stored('task-1');
    await redis.stop();
    expect(sourceOf(await ask(known))).toEqual(LIVE);
    await redisIs('down', replica);
    expect(sourceOf(await ask(known))).toEqual(LIVE);
  });

  it('Redis silent: the upstream is asked', async () => {
    const known = await stored('task-1');
    redis.freeze();
    expect(sourceOf(await ask(known))).toEqual(LIVE);
  });

  it('entry of another task: the upstream is asked', async () => {
    const known = await stored('task-1');
    await stored('task-2');
    await admin.set(nameOf('task-1'), (await admin.get(nameOf('task-2'))) ?? '');
    const answered = await ask(known);
    expect(sourceOf(answered)).toEqual(LIVE);
    expect(answered.reply.body).toMatchObject({ id: 'task-1' });
  });

  it.each([
    ['version is no header', 'a\r\nX-Injected: b', '{}', ''],
    ['body is no Task', 'v', 'nonsense', '&view=basic'],
  ])('entry whose %s: the upstream is asked', async (_, version, body, query) => {
    const known = await stored('task-1', query);
    await forge(version, body);
    const answered = await ask(known);
    expect(sourceOf(answered)).toEqual(LIVE);
    expect(JSON.stringify(answered.reply.headers)).not.toContain('X-Injected');
  });

  /** Puts a text with a good seal in the place of the task. */
  async function forge(version: string, body: string): Promise<void> {
    const freshUntil = Date.now() + 60_000;
    const task = new TaskAddress({ ...SCOPE, id: 'task-1' }).key;
    const header = { task, version, pollAfterSeconds: null, keptUntil: freshUntil, file: null };
    const stamp = { kind: 'F', at: Date.now(), freshUntil, epoch: '' } as const;
    const name = nameOf('task-1');
    await admin.set(name, writeEnvelope(new Seal(SECRETS.PRINCIPAL_SECRET, ''), name, stamp, header, body));
  }
});

describe('express route, while Redis is being asked', () => {
  it.each([
    ['knows the task', true],
    ['does not', false],
  ])('caller who leaves: one line with 499, whether Redis %s', async (_, knows) => {
    const { socket, request, open } = await held('task-1', 'left-1', knows);
    const closed = once(request.socket, 'close');
    socket.destroy();
    await closed;
    open();
    // What the request would still write has been written when a later one is logged.
    jest.restoreAllMocks();
    await ask(get('task-1', [['X-Request-Id', 'later-1']]));
    await eventually(() => linesOf('later-1').length > 0);
    expect(linesOf('left-1')).toMatchObject([{ status: 499, route: '/tasks/:provider/:id', provider: 'ims' }]);
    expect(linesOf('left-1')[0]).not.toHaveProperty('cache');
  });

  it('gateway that begins to close: connection: close', async () => {
    const { socket, open } = await held('task-1', 'closing-1');
    const closing = replica.close();
    await eventually(() => !replica.app.getHttpServer().listening);
    open();
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const received = Buffer.concat(chunks).toString();
    expect([received.slice(0, 15), /^connection: (.*)\r$/m.exec(received)?.[1]]).toEqual(['HTTP/1.1 200 OK', 'close']);
    await closing;
  });
});
