import { afterEach, expect, jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { freePort, startRedis } from '../support/redis-server.js';
import { MASTER, startSentinel } from '../support/redis-sentinel.js';
import type { SentinelSetup } from '../support/redis-sentinel.js';
import { documentedRules } from './support/redis-arrangements.js';
import { NAMES, RedisBench, readAll, works } from './support/redis-stores.js';
import type { WatchedStore } from './support/redis-stores.js';

const { describe, it } = needing('redis-server');
jest.setTimeout(60_000);
const bench = new RedisBench();
afterEach(() => bench.clean());

async function setup(): Promise<SentinelSetup> {
  const started = await startSentinel();
  bench.defer(started.stop);
  return started;
}

const by = (...sentinels: readonly string[]) => ({ kind: 'sentinel', sentinels, master: MASTER }) as const;
const RIGHT = NAMES.map((name) => `of ${name}`);

/** In the primary and in its replica. */
async function fill({ set }: WatchedStore, { primary }: SentinelSetup): Promise<void> {
  for (const name of NAMES) await set(name, `of ${name}`);
  await bench.admin(primary.url).wait(1, 5_000);
}

describe('a primary that Sentinels watch over', () => {
  it('killed: the next one is used, and its messages arrive', async () => {
    const redis = await setup();
    const watched = await bench.use(by(redis.address));
    await fill(watched, redis);
    await redis.primary.kill();
    await eventually(async () => (await watched.store.get('tg:{a}')) === null && !watched.store.up);
    const { redisCommands } = watched.store.counts;
    await expect(readAll(watched)).resolves.toEqual(NAMES.map(() => null));
    expect(watched.store.counts.redisCommands).toBe(redisCommands);
    await works(watched);
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    // The replica may have been found before it was promoted, and was not taken for a primary then.
    expect(watched.reports.filter((word) => !/^(?:up|down: [\w ]+)$/.test(word))).toEqual([]);
  });

  it('failover by order: the next one is written to, though the old one lives', async () => {
    const redis = await setup();
    const watched = await bench.use(by(redis.address));
    await fill(watched, redis);
    await redis.failOver();
    const next = bench.admin(redis.replica.url);
    await eventually(async () => (await next.info('replication')).includes('role:master'));
    // What is written before the old one is a replica may be lost with it.
    await eventually(async () => {
      await watched.set('tg:{z}', 'after');
      return (await next.get('tg:{z}')) === 'after';
    });
    await works(watched);
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
  });

  it('frozen: replaced, and a replica when it goes on', async () => {
    const redis = await setup();
    const watched = await bench.use(by(redis.address));
    await fill(watched, redis);
    redis.primary.freeze();
    await expect(readAll(watched)).resolves.toEqual(NAMES.map(() => null));
    await works(watched);
    redis.primary.thaw();
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    const next = bench.admin(redis.replica.url);
    await expect(next.keys('tg:{works-*')).resolves.not.toEqual([]);
  });

  it('replica that Sentinel names: not taken for it', async () => {
    const replica = await startRedis({ args: ['--replicaof', '127.0.0.1', String(await freePort())] });
    bench.defer(replica.stop);
    const sentinel = await startRedis({ sentinel: `sentinel monitor ${MASTER} 127.0.0.1 ${replica.port} 1\n` });
    bench.defer(sentinel.stop);
    const { store, reports } = bench.open(by(`127.0.0.1:${sentinel.port}`));
    await eventually(() => reports.length > 0);
    expect([reports, store.up]).toEqual([['down: NOT_PRIMARY'], false]);
    await bench.admin(replica.url).replicaof('NO', 'ONE');
    await eventually(() => store.up);
  });
});

describe('Sentinels', () => {
  it('away: one is enough, and without any the primary is used on', async () => {
    const redis = await setup();
    const others = [`127.0.0.1:${await freePort()}`, 'sentinel.invalid:26379'];
    const watched = await bench.use(by(...others, redis.address));
    await fill(watched, redis);
    await redis.sentinel.kill();
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    expect(watched.reports).toEqual(['up']);
    const late = bench.open(by(...others, redis.address));
    await eventually(() => late.reports.length > 0);
    expect(late.reports).toEqual([expect.stringMatching(/^down: SENTINEL_(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN)$/)]);
  });

  it('that do not know the primary by this name: down', async () => {
    const { address } = await setup();
    const { reports } = bench.open({ ...by(address), master: 'another' });
    await eventually(() => reports.length > 0);
    expect(reports).toEqual(['down: SENTINEL_UNKNOWN_MASTER']);
  });

  it('users of their own: need no more rights than the example configuration grants', async () => {
    const redis = await setup();
    const admin = bench.admin(redis.sentinel.url);
    const rules = documentedRules('and at the Sentinels themselves: ACL SETUSER task-gateway on >...');
    const login = { sentinelUsername: 'task-gateway', sentinelPassword: 'hunter2' };
    const { store, reports } = bench.open({ ...by(redis.address), ...login });
    await eventually(() => reports.length > 0);
    expect(reports).toEqual(['down: SENTINEL_WRONGPASS']);
    await admin.acl('SETUSER', login.sentinelUsername, 'on', `>${login.sentinelPassword}`, ...rules);
    await eventually(() => store.up);
    const watching = async (): Promise<string> => String(await admin.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
    await eventually(async () => / cmd=ping user=task-gateway /.test(await watching()));
    const refused = JSON.stringify(await admin.acl('LOG'));
    expect(refused).not.toMatch(/"reason","(?!auth")/);
  });
});
