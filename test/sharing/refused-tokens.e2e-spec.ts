import { afterEach, beforeEach, expect, jest } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { Seal } from '../../libs/cache/src/envelope.js';
import { EVENTS_CHANNEL, REVOKED_NAME } from '../../libs/cache/src/keys.js';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { redisAdmin } from '../support/redis-admin.js';
import { startRedis } from '../support/redis-server.js';
import { forbidden, refused, succeeded, tokenOf } from './support/cloud.js';
import {
  ask,
  expectRefused,
  isProven,
  MEMBERS,
  PRINCIPAL,
  PROJECT,
  proofsOf,
  ProvenReplicas,
  TOKEN,
} from './support/proven-replicas.js';
import { endProcess, redisIs, SECRETS, startProcess } from './support/replicas.js';

const { describe, it } = needing('redis-server');
const LIST = new Seal(SECRETS.PRINCIPAL_SECRET, '').own(REVOKED_NAME);

jest.setTimeout(60_000);

const fleet = new ProvenReplicas();
beforeEach(() => fleet.open());
afterEach(() => fleet.close());

describe('token that the cloud has refused', () => {
  it.each([
    ['401', refused],
    ['403', forbidden],
  ])('%s, other replicas: no proof there either, and may become one again', async (_status, answer) => {
    const [one, other] = [await fleet.start(), await fleet.start()];
    await fleet.proven(one, other);
    await fleet.refusedAt(one, answer);
    await eventually(() => !isProven(other));
    await expectRefused(other, answer);
    // The other one was refused as well: an answer is no proof that was asked for before that is heard.
    for (const replica of [other, one]) await proofsOf(replica).revocations.sync();
    fleet.cloud.behave(succeeded);
    for (const replica of [one, other]) {
      expect((await ask(replica, 'task-2', 'no-cache')).status).toBe(200);
      expect((await ask(replica)).body).toMatchObject({ source: 'cache' });
    }
  });

  it('other processes: no proof there either', async () => {
    const options = { cloud: fleet.cloud.url, redis: fleet.redis.url };
    const one = await startProcess(options);
    fleet.cleanups.push(() => endProcess(one));
    const other = await startProcess(options);
    fleet.cleanups.push(() => endProcess(other));
    for (const replica of [one, other]) expect((await ask(replica)).status).toBe(200);
    await fleet.refusedAt(one);
    // A proof would show what is stored, and ask nobody.
    await eventually(async () => (await ask(other, 'task-1', 'only-if-cached')).status === 504);
    await expectRefused(other);
  });

  it('revocation in Redis: does not hold the token', async () => {
    const [one, other] = [await fleet.start(), await fleet.start()];
    const messages: string[] = [];
    const listener = redisAdmin(fleet.redis.url);
    fleet.cleanups.push(() => listener.disconnect());
    listener.on('message', (_channel: string, message: string) => messages.push(message));
    await listener.subscribe(EVENTS_CHANNEL);
    await fleet.proven(one, other);
    await fleet.refusedAt(one);
    await eventually(() => !isProven(other) && messages.includes('revoked'));
    const entries = await fleet.admin.lrange(LIST, 0, -1);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toContain(PRINCIPAL);
    expect(JSON.stringify([entries, messages])).not.toContain(TOKEN);
    expect(await fleet.admin.pttl(LIST)).toBeGreaterThan(0);
  });

  it('replica that no message reaches: no proof after the next sync', async () => {
    const [one, deaf] = [await fleet.start(), await fleet.startDeaf()];
    await fleet.proven(one, deaf);
    await fleet.refusedAt(one);
    await eventually(() => !isProven(deaf));
    await expectRefused(deaf);
  });

  it('Redis takes no writes: revoked by messages, and for all once it does', async () => {
    await fleet.admin.config('SET', 'maxmemory-policy', 'noeviction');
    const [one, other, deaf] = [await fleet.start(), await fleet.start(), await fleet.startDeaf()];
    await fleet.proven(one, other, deaf);
    await fleet.admin.config('SET', 'maxmemory', '1');
    await fleet.refusedAt(one);
    await eventually(() => !isProven(other));
    expect(isProven(deaf)).toBe(true);
    await fleet.admin.config('SET', 'maxmemory', '0');
    await eventually(() => !isProven(deaf));
  });

  it('Redis away: revoked when it is back', async () => {
    const [one, other] = [await fleet.start(), await fleet.start()];
    await fleet.proven(one, other);
    const { port } = fleet.redis;
    await fleet.redis.kill();
    await redisIs('down', one, other);
    await fleet.refusedAt(one);
    expect(isProven(other)).toBe(true);
    fleet.redis = await startRedis({ port });
    await eventually(() => !isProven(other));
  });

  it('revocation lost by Redis before all have read it: published again', async () => {
    const [one, late] = [await fleet.start(), await fleet.startDeaf()];
    await fleet.proven(one, late);
    const { revocations } = proofsOf(late);
    revocations.stop();
    await fleet.refusedAt(one);
    await eventually(async () => (await fleet.admin.llen(LIST)) === 1);
    await fleet.admin.flushall();
    expect(isProven(late)).toBe(true);
    revocations.start();
    await eventually(() => !isProven(late));
  });

  it('project known from the identity service: no proof any more', async () => {
    await fleet.ofCloud((call) => (call.service === 'iam' ? tokenOf(PROJECT, call) : succeeded(call)), true);
    const access = { tokenProvesProject: true };
    const [one, other] = [await fleet.start({ access }), await fleet.start({ access })];
    await fleet.proven(one, other);
    await fleet.refusedAt(one);
    await eventually(() => !isProven(other));
    await expectRefused(other);
  });

  it('refused by the identity service: revoked as well', async () => {
    await fleet.ofCloud((call) => (call.service === 'iam' ? tokenOf(PROJECT, call) : succeeded(call)), true);
    const access = { mode: 'passthrough' };
    const cache = { proofTtlSeconds: 1 };
    const [short, other] = [await fleet.start({ access, cache }), await fleet.start({ access })];
    const { scope } = new TaskAddress({ ...MEMBERS, region: 'shared' });
    for (const replica of [short, other]) {
      expect((await ask(replica, 'task-1', 'max-age=600', 'shared')).status).toBe(200);
      await replica.app.get(TaskCache).settled();
      // Each has its own, for its own time.
      await fleet.admin.del(...(await fleet.admin.keys('*proof*')));
    }
    expect(proofsOf(other).hasLocal(PRINCIPAL, scope)).toBe(true);
    fleet.cloud.behave(() => ({ status: 401, body: { error: { code: 401 } } }));
    await eventually(async () => (await ask(short, 'task-1', 'max-age=600', 'shared')).status === 401);
    await eventually(() => !proofsOf(other).hasLocal(PRINCIPAL, scope));
  });

  it.each<[string, (entry: string) => Promise<unknown>]>([
    [
      'forged entries',
      () => fleet.admin.lpush(LIST, '', 'x', `${'A'.repeat(24)} p.1 ${Date.now()} ${PRINCIPAL} ["ims"]`),
    ],
    ['a list that is none', () => fleet.admin.set(LIST, 'x')],
    [
      'a forged message',
      (entry) =>
        fleet.admin.publish(EVENTS_CHANNEL, `revoked ${entry.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`),
    ],
  ])('beside %s: revoked, and nothing else is', async (_what, forge) => {
    const [one, other] = [await fleet.start(), await fleet.start()];
    await fleet.proven(one, other);
    proofsOf(one).revoke(PRINCIPAL, new TaskAddress({ ...MEMBERS, projectId: 'another' }).scope);
    await eventually(async () => (await fleet.admin.llen(LIST)) === 1);
    const [entry = ''] = await fleet.admin.lrange(LIST, 0, 0);
    await forge(entry.replace('another', PROJECT));
    const { revocations } = proofsOf(other);
    await revocations.sync();
    expect([isProven(one), isProven(other)]).toEqual([true, true]);
    await fleet.refusedAt(one);
    await eventually(() => !isProven(other));
  });
});
