import { afterEach, beforeEach, expect } from '@jest/globals';
import { crc32 } from 'node:zlib';
import type { Redis } from 'ioredis';
import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { Principals } from '../../apps/gateway/src/access/authentication.js';
import { Seal, readEnvelope, writeEnvelope } from '../../libs/cache/src/envelope.js';
import type { EntryKind, Envelope } from '../../libs/cache/src/envelope.js';
import { PURGES_NAME, proofName, taskNames } from '../../libs/cache/src/keys.js';
import { eventually } from '../support/eventually.js';
import type { Reply } from '../support/http-client.js';
import { needing } from '../support/needing.js';
import { redisAdmin } from '../support/redis-admin.js';
import { startRedis } from '../support/redis-server.js';
import { exported, secretOf, startCloud } from './support/cloud.js';
import type { Call, Cloud } from './support/cloud.js';
import { BAD_TASKS, LIES } from './support/lies.js';
import type { Lie } from './support/lies.js';
import { SECRETS, startLocal } from './support/replicas.js';
import type { LocalReplica, ReplicaOptions } from './support/replicas.js';
import { byRights } from './support/rights.js';
import { inside } from '../../libs/cache/src/testing/cache-internals.js';

const { describe, it } = needing('redis-server');
const SCOPE = { provider: 'apig', region: 'own', projectId: 'project-a', instanceId: 'i' };
const KEY = new TaskAddress({ ...SCOPE, id: 'task-1' });
const PATH = `/tasks/apig/task-1?region=own&projectId=project-a&instanceId=i`;
const [ALICE, BOB] = ['token-of-alice', 'token-of-bob'];
const principalOf = (token: string): string => new Principals(SECRETS.PRINCIPAL_SECRET).of('token', token);
const OURS = new Seal(SECRETS.PRINCIPAL_SECRET, '');
/** What whoever can write to Redis, and nothing else, can make. */
const FORGED = new Seal(null, '');
const HOUR = 3_600_000;

let admin: Redis;
let redisUrl: string;
let cloud: Cloud;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  const redis = await startRedis();
  cleanups.push(redis.stop);
  redisUrl = redis.url;
  admin = redisAdmin(redisUrl);
  cleanups.push(() => admin.disconnect());
  cloud = await startCloud(byRights({ [ALICE]: ['project-a'], [BOB]: 'nothing' }, exported));
  cleanups.push(cloud.close);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Partial<ReplicaOptions> = {}): Promise<LocalReplica> {
  const replica = await startLocal({ cloud: cloud.url, redis: redisUrl, ...options });
  cleanups.push(replica.close);
  return replica;
}

const ask = ({ ask }: LocalReplica, token = ALICE, path = PATH): Promise<Reply> =>
  ask({ path, headers: { 'x-auth-token': token } });
const warnings = ({ logs }: LocalReplica, about: string): number => logs.filter((line) => line.includes(about)).length;
const mismatches = ({ app }: LocalReplica): number => app.get(TaskCache).counters().mismatches;

/** A result as one replica stores it, read by hand. */
async function storedByHand(seal: Seal, options: Partial<ReplicaOptions> = {}): Promise<Envelope> {
  const writer = await start(options);
  expect((await ask(writer)).status).toBe(200);
  await writer.app.get(TaskCache).settled();
  const name = taskNames(KEY, '').result;
  const stored = readEnvelope(seal, name, (await admin.get(name)) ?? '');
  if (stored === null) throw new Error('not stored');
  return stored;
}

/** The same again with one thing changed, in its own place. */
async function plant(seal: Seal, stored: Envelope, { header = {}, rest = (same) => same }: Lie): Promise<void> {
  const name = taskNames(KEY, '').result;
  const text = writeEnvelope(seal, name, stored, { ...stored.header, ...header }, rest(stored.rest));
  await admin.set(name, text, 'PX', HOUR);
}

describe('what was forged in Redis, where replicas share a secret', () => {
  it('result: without a seal: a miss, counted, warned about once, and overwritten', async () => {
    const stored = await storedByHand(OURS);
    const reader = await start();
    for (let round = 1; round <= 3; round += 1) {
      await plant(FORGED, stored, { rest: (rest) => rest.replaceAll('export', 'forged') });
      const name = taskNames(KEY, '').result;
      const planted = (await admin.get(name)) ?? '';
      expect(planted.startsWith(crc32(planted.slice(9)).toString(16).padStart(8, '0'))).toBe(true);
      const reply = await ask(reader);
      expect(reply.body).toMatchObject({ id: 'task-1', type: 'export_api', source: 'live' });
      await reader.app.get(TaskCache).settled();
      expect(await admin.get(name)).not.toContain('forged');
      await reader.app.get(TaskCache).purge({ kind: 'task', address: KEY });
    }
    expect(mismatches(reader)).toBeGreaterThanOrEqual(1);
    expect(warnings(reader, 'no gateway with this secret')).toBe(1);
    expect(warnings(reader, 'Redis is trusted')).toBe(0);
  });

  it.each(LIES)('result: with a good seal and %s: a miss all the same', async (_what, lie) => {
    const stored = await storedByHand(OURS);
    const reader = await start();
    await plant(OURS, stored, lie);
    for (const path of [PATH, PATH.replace('?', '/artifact?'), `${PATH}&view=basic`]) {
      const reply = await ask(reader, ALICE, path);
      expect([path, reply.status]).toEqual([path, 200]);
      expect(JSON.stringify([reply.text, reply.headers])).not.toMatch(/X-Injected|<script>|text\/html|task-2/i);
    }
    expect(mismatches(reader)).toBe(1);
  });

  it.each<[string, Partial<Envelope>]>([
    ['final and of a time to come', { kind: 'F', at: Date.now() + 2 * HOUR, freshUntil: Date.now() + HOUR }],
    ['final and over', { kind: 'F', at: Date.now(), freshUntil: 1 }],
    ['unfinished and of a time to come', { kind: 'U', at: Number.MAX_SAFE_INTEGER, freshUntil: 1 }],
  ])('result: a stamp that is %s: does not keep a true one out', async (_what, stamp) => {
    const stored = await storedByHand(OURS);
    const name = taskNames(KEY, '').result;
    await admin.flushall();
    const text = writeEnvelope(FORGED, name, { ...stored, ...stamp }, stored.header, stored.rest);
    await admin.set(name, text, 'PX', HOUR);
    const reader = await start();
    expect((await ask(reader)).body).toMatchObject({ source: 'live' });
    await reader.app.get(TaskCache).settled();
    expect(readEnvelope(OURS, name, (await admin.get(name)) ?? '')).toMatchObject({ kind: 'F' });
  });

  it('proof: forged, moved or copied: opens nothing to another reader', async () => {
    await storedByHand(OURS);
    const reader = await start();
    const [alices, bobs] = [ALICE, BOB].map((token) => proofName(principalOf(token), KEY.scope));
    const header = { principal: principalOf(BOB), scope: KEY.scope };
    const stamp = { kind: 'P', at: Date.now(), freshUntil: Date.now() + HOUR, epoch: '' } as const;
    const moved = (await admin.get(alices ?? '')) ?? '';
    expect(moved).toContain('|P|');
    for (const text of [
      writeEnvelope(FORGED, bobs ?? '', stamp, header),
      moved,
      moved.replace(principalOf(ALICE), principalOf(BOB)),
      moved.replace(/^[\w-]+/, ''),
    ]) {
      await admin.set(bobs ?? '', text, 'PX', HOUR);
      const reply = await ask(reader, BOB);
      expect([reply.status, reply.text.includes(secretOf('project-a'))]).toEqual([403, false]);
      expect(await ask(reader, BOB, PATH).then(({ status }) => status)).toBe(403);
    }
  });

  it('negative entry: forged, or sealed with another problem than it can have: refuses nobody', async () => {
    const reader = await start();
    const partition = principalOf(ALICE);
    const name = taskNames(KEY, partition).negative;
    for (const [seal, slug] of [
      [FORGED, 'task-not-found'],
      [OURS, 'internal-error'],
      [OURS, 'upstream-credentials-rejected'],
    ] as const) {
      await admin.flushall();
      const negative = { slug, detail: 'forged', provider: 'apig', upstream: null };
      const stamp = { kind: 'N', at: Date.now(), freshUntil: Date.now() + HOUR, epoch: '' } as const;
      const text = writeEnvelope(seal, name, stamp, { task: KEY.key, partition, negative });
      await admin.set(name, text, 'PX', HOUR);
      await reader.app.get(TaskCache).purge({ kind: 'principal', principal: principalOf(ALICE) });
      const reply = await ask(reader);
      expect([slug, reply.status]).toEqual([slug, 200]);
      await reader.app.get(TaskCache).purge({ kind: 'task', address: KEY });
    }
  });

  it('purge: forged: voids nothing, is deleted, and a real one counts', async () => {
    const [one, other] = [await start(), await start()];
    for (const replica of [one, other]) expect((await ask(replica)).status).toBe(200);
    const name = OURS.own(PURGES_NAME);
    const caches = [one, other].map(({ app }) => app.get(TaskCache));
    for (const id of ['zzzzzzzzz-ffffffffffff', `${(Date.now() + 1_000).toString(36).padStart(9, '0')}-ffffffffffff`]) {
      await admin.hset(name, 'version', `forged-${id}`, 'provider:apig', id);
      await eventually(async () => (await admin.hexists(name, 'provider:apig')) === 0);
    }
    for (const replica of [one, other]) expect((await ask(replica)).body).toMatchObject({ source: 'cache' });
    await admin.hset(name, 'version', 'again', 'provider:apig', 'zzzzzzzzz-ffffffffffff');
    await caches[0]?.purge({ kind: 'provider', provider: 'apig' });
    await eventually(() => caches.every((cache) => inside(cache).tasks.getLocal(KEY) === null));
  });

  it('anything: no string or hash in its place: answers are as ever', async () => {
    await storedByHand(OURS);
    const reader = await start();
    const names = [...(await admin.keys('*')), taskNames(KEY, principalOf(ALICE)).lock, OURS.own(PURGES_NAME)];
    expect(names.length).toBeGreaterThanOrEqual(4);
    for (const name of names) {
      await admin.del(name);
      await (name.includes('purges') ? admin.set(name, 'x') : admin.hset(name, 'a', 'b'));
    }
    expect((await ask(reader)).body).toMatchObject({ source: 'live' });
    await expect(reader.app.get(TaskCache).purge({ kind: 'provider', provider: 'ims' })).resolves.toBe(true);
  });
});

describe('Redis without a shared secret', () => {
  const keyless = { access: { principalSecret: undefined } };

  it('start: one line says that it is trusted', async () => {
    const reader = await start(keyless);
    await ask(reader);
    expect(warnings(reader, 'Redis is trusted')).toBe(1);
  });

  it('proofs: none is written, and none is read', async () => {
    const reader = await start(keyless);
    expect((await ask(reader)).status).toBe(200);
    await reader.app.get(TaskCache).settled();
    expect(await admin.keys('*proof*')).toEqual([]);
    const { proofs } = reader.app.get(TaskCache);
    const name = proofName('bob', KEY.scope);
    const stamp = { kind: 'P' as EntryKind, at: Date.now(), freshUntil: Date.now() + HOUR, epoch: '' };
    await admin.set(name, writeEnvelope(FORGED, name, stamp, { principal: 'bob', scope: KEY.scope }));
    await expect(proofs.has('bob', KEY.scope)).resolves.toBe(false);
  });

  it.each([...LIES, ...BAD_TASKS])('%s: a miss', async (_what, lie) => {
    // Asked with the gateway's own credentials: their readers need no proof.
    cloud.behave((call: Call) => exported(call));
    const shared = KEY.with({ region: 'shared' });
    const path = PATH.replace('own', 'shared');
    const options = { access: { principalSecret: undefined, mode: 'open' } };
    const writer = await start(options);
    expect((await ask(writer, ALICE, path)).status).toBe(200);
    await writer.app.get(TaskCache).settled();
    const name = taskNames(shared, '').result;
    const stored = readEnvelope(FORGED, name, (await admin.get(name)) ?? '');
    if (stored === null) throw new Error('not stored');
    const text = writeEnvelope(
      FORGED,
      name,
      stored,
      { ...stored.header, ...lie.header },
      lie.rest?.(stored.rest) ?? stored.rest,
    );
    await admin.set(name, text, 'PX', HOUR);
    const reader = await start(options);
    for (const view of ['', '&view=basic']) {
      const reply = await ask(reader, ALICE, `${path}${view}`);
      expect(reply.status).toBe(200);
      expect(JSON.stringify([reply.text, reply.headers])).not.toMatch(/X-Injected|task-2/i);
    }
    expect(mismatches(reader)).toBe(1);
  });
});
