import { afterEach, beforeEach, expect, jest } from '@jest/globals';
import type { Redis } from 'ioredis';
import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { Principals } from '../../apps/gateway/src/access/authentication.js';
import { Seal } from '../../libs/cache/src/envelope.js';
import { EVENTS_CHANNEL, REVOKED_NAME } from '../../libs/cache/src/keys.js';
import { eventually } from '../support/eventually.js';
import type { Reply } from '../support/http-client.js';
import { needing } from '../support/needing.js';
import { redisAdmin } from '../support/redis-admin.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { behind, closedGate, forbidden, refused, secretOf, startCloud, succeeded, tokenOf } from './support/cloud.js';
import type { Answer, Cloud } from './support/cloud.js';
import { SECRETS, endProcess, redisIs, startLocal, startProcess } from './support/replicas.js';
import type { LocalReplica, Replica, ReplicaOptions } from './support/replicas.js';

const { describe, it } = needing('redis-server');
const PROJECT = 'project-1';
const MEMBERS = { provider: 'ims', region: 'own', projectId: PROJECT, instanceId: null, id: 'any' };
const { scope: SCOPE } = new TaskAddress(MEMBERS);
const TOKEN = 'a-token-of-alice';
const PRINCIPAL = new Principals(SECRETS.PRINCIPAL_SECRET).of('token', TOKEN);
const LIST = new Seal(SECRETS.PRINCIPAL_SECRET, '').own(REVOKED_NAME);

jest.setTimeout(60_000);

let redis: RedisServer;
let admin: Redis;
let cloud: Cloud;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  redis = await startRedis();
  cleanups.push(() => redis.stop());
  admin = redisAdmin(redis.url);
  cleanups.push(() => admin.disconnect());
  cloud = await startCloud(succeeded);
  cleanups.push(cloud.close);
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Partial<ReplicaOptions> = {}): Promise<LocalReplica> {
  const replica = await startLocal({ cloud: cloud.url, redis: redis.url, ...options });
  cleanups.push(replica.close);
  return replica;
}

function ask({ ask: send }: Replica, id = 'task-1', directive = 'max-age=600', region = 'own'): Promise<Reply> {
  const path = `/tasks/ims/${id}?region=${region}&projectId=${PROJECT}`;
  return send({ path, headers: { 'x-auth-token': TOKEN, 'cache-control': directive } });
}

/** A replica that no message of revocations reaches. */
async function startDeaf(): Promise<LocalReplica> {
  const replica = await start();
  jest.spyOn(proofsOf(replica).revocations, 'onMessage').mockReturnValue();
  return replica;
}

const proofsOf = ({ app }: LocalReplica): TaskCache['proofs'] => app.get(TaskCache).proofs;
const isProven = (replica: LocalReplica): boolean => proofsOf(replica).hasLocal(PRINCIPAL, SCOPE);

/** Each of them has answered the token from what is stored, and remembers its proof. */
async function proven(...replicas: readonly LocalReplica[]): Promise<void> {
  for (const replica of replicas) {
    expect((await ask(replica)).status).toBe(200);
    await replica.app.get(TaskCache).settled();
    expect(isProven(replica)).toBe(true);
  }
}

/** The cloud refuses the token, and one replica is told so. */
async function refusedAt(replica: Replica, answer: Answer = refused): Promise<void> {
  cloud.behave(() => answer);
  expect((await ask(replica, 'task-1', 'no-cache')).status).toBe(answer.status);
}

async function expectRefused(replica: Replica, answer: Answer = refused): Promise<void> {
  const reply = await ask(replica);
  expect([reply.status, reply.text.includes(secretOf(PROJECT))]).toEqual([answer.status, false]);
}

describe('token that the cloud has refused', () => {
  it.each([
    ['401', refused],
    ['403', forbidden],
  ])('%s, other replicas: no proof there either, and may become one again', async (_status, answer) => {
    const [one, other] = [await start(), await start()];
    await proven(one, other);
    await refusedAt(one, answer);
    await eventually(() => !isProven(other));
    await expectRefused(other, answer);
    // The other one was refused as well: an answer is no proof that was asked for before that is heard.
    for (const replica of [other, one]) await proofsOf(replica).revocations.sync();
    cloud.behave(succeeded);
    for (const replica of [one, other]) {
      expect((await ask(replica, 'task-2', 'no-cache')).status).toBe(200);
      expect((await ask(replica)).body).toMatchObject({ source: 'cache' });
    }
  });

  it('other processes: no proof there either', async () => {
    const options = { cloud: cloud.url, redis: redis.url };
    const one = await startProcess(options);
    cleanups.push(() => endProcess(one));
    const other = await startProcess(options);
    cleanups.push(() => endProcess(other));
    for (const replica of [one, other]) expect((await ask(replica)).status).toBe(200);
    await refusedAt(one);
    // A proof would show what is stored, and ask nobody.
    await eventually(async () => (await ask(other, 'task-1', 'only-if-cached')).status === 504);
    await expectRefused(other);
  });

  it('revocation in Redis: does not hold the token', async () => {
    const [one, other] = [await start(), await start()];
    const messages: string[] = [];
    const listener = redisAdmin(redis.url);
    cleanups.push(() => listener.disconnect());
    listener.on('message', (_channel: string, message: string) => messages.push(message));
    await listener.subscribe(EVENTS_CHANNEL);
    await proven(one, other);
    await refusedAt(one);
    await eventually(() => !isProven(other) && messages.includes('revoked'));
    const entries = await admin.lrange(LIST, 0, -1);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toContain(PRINCIPAL);
    expect(JSON.stringify([entries, messages])).not.toContain(TOKEN);
    expect(await admin.pttl(LIST)).toBeGreaterThan(0);
  });

  it('replica that no message reaches: no proof after the next sync', async () => {
    const [one, deaf] = [await start(), await startDeaf()];
    await proven(one, deaf);
    await refusedAt(one);
    await eventually(() => !isProven(deaf));
    await expectRefused(deaf);
  });

  it('Redis takes no writes: revoked by messages, and for all once it does', async () => {
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    const [one, other, deaf] = [await start(), await start(), await startDeaf()];
    await proven(one, other, deaf);
    await admin.config('SET', 'maxmemory', '1');
    await refusedAt(one);
    await eventually(() => !isProven(other));
    expect(isProven(deaf)).toBe(true);
    await admin.config('SET', 'maxmemory', '0');
    await eventually(() => !isProven(deaf));
  });

  it('Redis away: revoked when it is back', async () => {
    const [one, other] = [await start(), await start()];
    await proven(one, other);
    const { port } = redis;
    await redis.kill();
    await redisIs('down', one, other);
    await refusedAt(one);
    expect(isProven(other)).toBe(true);
    redis = await startRedis({ port });
    await eventually(() => !isProven(other));
  });

  it('revocation lost by Redis before all have read it: published again', async () => {
    const [one, late] = [await start(), await startDeaf()];
    await proven(one, late);
    const { revocations } = proofsOf(late);
    revocations.stop();
    await refusedAt(one);
    await eventually(async () => (await admin.llen(LIST)) === 1);
    await admin.flushall();
    expect(isProven(late)).toBe(true);
    revocations.start();
    await eventually(() => !isProven(late));
  });

  it('project known from the identity service: no proof any more', async () => {
    cloud = await startCloud((call) => (call.service === 'iam' ? tokenOf(PROJECT, call) : succeeded(call)), true);
    cleanups.push(cloud.close);
    const access = { tokenProvesProject: true };
    const [one, other] = [await start({ access }), await start({ access })];
    await proven(one, other);
    await refusedAt(one);
    await eventually(() => !isProven(other));
    await expectRefused(other);
  });

  it('refused by the identity service: revoked as well', async () => {
    cloud = await startCloud((call) => (call.service === 'iam' ? tokenOf(PROJECT, call) : succeeded(call)), true);
    cleanups.push(cloud.close);
    const access = { mode: 'passthrough' };
    const cache = { proofTtlSeconds: 1 };
    const [short, other] = [await start({ access, cache }), await start({ access })];
    const { scope } = new TaskAddress({ ...MEMBERS, region: 'shared' });
    for (const replica of [short, other]) {
      expect((await ask(replica, 'task-1', 'max-age=600', 'shared')).status).toBe(200);
      await replica.app.get(TaskCache).settled();
      // Each has its own, for its own time.
      await admin.del(...(await admin.keys('*proof*')));
    }
    expect(proofsOf(other).hasLocal(PRINCIPAL, scope)).toBe(true);
    cloud.behave(() => ({ status: 401, body: { error: { code: 401 } } }));
    await eventually(async () => (await ask(short, 'task-1', 'max-age=600', 'shared')).status === 401);
    await eventually(() => !proofsOf(other).hasLocal(PRINCIPAL, scope));
  });

  it('answer that came before: no proof', async () => {
    const gate = closedGate();
    cloud = await startCloud(succeeded, true);
    cleanups.push(cloud.close);
    const [one, other] = [await start(), await start()];
    // The identity service takes its time to say how long the token lives.
    cloud.behave(async (call) =>
      call.service === 'iam' ? behind(gate, () => tokenOf(PROJECT, call))(call) : succeeded(call),
    );
    const early = ask(other, 'task-1', 'no-cache');
    await eventually(() => cloud.calls.some(({ service }) => service === 'iam'));
    proofsOf(one).revoke(PRINCIPAL, SCOPE);
    await eventually(() => proofsOf(other).revisionOf(PRINCIPAL, SCOPE) > 0);
    gate.open();
    expect((await early).status).toBe(200);
    expect(isProven(other)).toBe(false);
  });

  it('answer asked for before, that comes after: no proof', async () => {
    const gate = closedGate();
    const one = await start();
    cloud.behave(behind(gate, succeeded));
    const early = ask(one, 'task-2');
    await eventually(() => cloud.calls.length === 1);
    await refusedAt(one);
    gate.open();
    expect((await early).status).toBe(200);
    expect(isProven(one)).toBe(false);
  });

  it('such an answer, replica that does not know the revocation yet: no proof', async () => {
    const gate = closedGate();
    const [one, late] = [await start(), await startDeaf()];
    proofsOf(late).revocations.stop();
    cloud.behave(behind(gate, succeeded));
    const early = ask(late, 'task-2');
    await eventually(() => cloud.calls.length === 1);
    await refusedAt(one);
    gate.open();
    expect((await early).status).toBe(200);
    await late.app.get(TaskCache).settled();
    expect(isProven(late)).toBe(true);
    expect(await proofsOf(one).has(PRINCIPAL, SCOPE)).toBe(false);
  });

  it.each<[string, (entry: string) => Promise<unknown>]>([
    ['forged entries', () => admin.lpush(LIST, '', 'x', `${'A'.repeat(24)} p.1 ${Date.now()} ${PRINCIPAL} ["ims"]`)],
    ['a list that is none', () => admin.set(LIST, 'x')],
    [
      'a forged message',
      (entry) =>
        admin.publish(EVENTS_CHANNEL, `revoked ${entry.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`),
    ],
  ])('beside %s: revoked, and nothing else is', async (_what, forge) => {
    const [one, other] = [await start(), await start()];
    await proven(one, other);
    proofsOf(one).revoke(PRINCIPAL, new TaskAddress({ ...MEMBERS, projectId: 'another' }).scope);
    await eventually(async () => (await admin.llen(LIST)) === 1);
    const [entry = ''] = await admin.lrange(LIST, 0, 0);
    await forge(entry.replace('another', PROJECT));
    const { revocations } = proofsOf(other);
    await revocations.sync();
    expect([isProven(one), isProven(other)]).toEqual([true, true]);
    await refusedAt(one);
    await eventually(() => !isProven(other));
  });
});
