import { afterEach, expect, jest } from '@jest/globals';
import type { TaskCache } from '@gateway/cache';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { freePort } from '../support/redis-server.js';
import { Seal } from '../../libs/cache/src/envelope.js';
import { PURGES_NAME } from '../../libs/cache/src/keys.js';
import { CacheBench, SECRET, isUp, addressOf, nameOf, read, store } from './support/caches.js';
import { inside } from '../../libs/cache/src/testing/cache-internals.js';

const { describe, it } = needing('redis-server');
const bench = CacheBench.perTest();
const PURGES = new Seal(SECRET, '').own(PURGES_NAME);
const KEY = addressOf('task-0');
const ID = 'task-0';
const TARGETS = [
  { kind: 'task', address: KEY },
  { kind: 'scope', address: KEY },
  { kind: 'provider', provider: 'apig' },
] as const;

afterEach(() => {
  jest.useRealTimers();
});

/** Two gateways that both have the task in memory. */
async function twoWith(url: string): Promise<readonly [TaskCache, TaskCache]> {
  const [one, other] = [await bench.use(url), await bench.use(url)];
  await store(one, ID);
  await expect(read(other, ID)).resolves.not.toBeNull();
  return [one, other];
}

/** Nothing that recurs runs from now on: only messages tell of purges. */
function stopLooking(): void {
  const others = [
    'setTimeout',
    'clearTimeout',
    'setImmediate',
    'clearImmediate',
    'nextTick',
    'queueMicrotask',
  ] as const;
  jest.useFakeTimers({ doNotFake: [...others, 'performance', 'Date', 'hrtime'] });
}

/** A gateway that no message reaches. */
async function useDeaf(url: string, now = Date.now): Promise<TaskCache> {
  const user = ['deaf', 'on', 'nopass', 'allkeys', 'allcommands', 'resetchannels'];
  await bench.admin(url).call('ACL', 'SETUSER', ...user);
  const deaf = await bench.use(url.replace('//', '//deaf:any@'), {}, now);
  await eventually(() => bench.lines.includes('Redis passes no messages (NOPERM) TaskCache'));
  return deaf;
}

/** Waits until messages reach this gateway: that it has subscribed is told to nobody. */
async function untilHeard(url: string, cache: TaskCache): Promise<void> {
  const woken = jest.spyOn(inside(cache).locks, 'onReleased');
  const client = bench.admin(url);
  await eventually(async () => {
    await client.publish('tg:v6:events', 'hello');
    return woken.mock.calls.length > 0;
  });
}

const isGone = (cache: TaskCache) => (): boolean => inside(cache).tasks.getLocal(KEY) === null;

describe('a purge', () => {
  it.each(TARGETS)('of a $kind: void in the memory of another gateway, and in Redis', async (target) => {
    const { url } = await bench.server();
    const [one, other] = await twoWith(url);
    await expect(one.purge(target)).resolves.toBe(true);
    expect(isGone(one)()).toBe(true);
    await expect(read(one, ID)).resolves.toBeNull();
    await eventually(isGone(other));
    await expect(read(other, ID)).resolves.toBeNull();
    await store(one, ID);
    await expect(read(other, ID)).resolves.not.toBeNull();
  });

  it('message: void at once, without the next sync', async () => {
    stopLooking();
    const { url } = await bench.server();
    const [one, other] = await twoWith(url);
    await untilHeard(url, other);
    await one.purge({ kind: 'task', address: KEY });
    await eventually(isGone(other));
  });

  it('no message: found by the next sync', async () => {
    const { url } = await bench.server();
    const [one, deaf] = [await bench.use(url), await useDeaf(url)];
    await store(one, ID);
    await expect(read(deaf, ID)).resolves.not.toBeNull();
    await one.purge({ kind: 'task', address: KEY });
    await eventually(isGone(deaf));
  });

  it('gateways that start later, Redis that lost everything: still known', async () => {
    const { url } = await bench.server();
    const client = bench.admin(url);
    const [one, other] = await twoWith(url);
    const planted = (await client.get(nameOf(ID))) ?? '';
    await one.purge({ kind: 'scope', address: KEY });
    await eventually(isGone(other));
    await client.flushall();
    await eventually(async () => (await client.exists(PURGES)) === 1);
    // As if it had been on its way all the time.
    await client.set(nameOf(ID), planted);
    const late = await bench.use(url);
    await eventually(() => inside(late).tasks.epochOf(KEY) !== '');
    for (const cache of [one, other, late]) await expect(read(cache, ID)).resolves.toBeNull();
    expect(inside(late).tasks.epochOf(KEY)).toBe(inside(one).tasks.epochOf(KEY));
  });

  it('Redis away: published when it is back', async () => {
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const [one, other] = [bench.start(url), bench.start(url)];
    await store(one, ID);
    await store(other, ID);
    await expect(one.purge({ kind: 'task', address: KEY })).resolves.toBe(false);
    expect([isGone(one)(), isGone(other)()]).toEqual([true, false]);
    await bench.server({ port });
    await eventually(isGone(other));
  });

  it('Redis reply error: published when Redis takes it', async () => {
    const { url } = await bench.server({ args: ['--maxmemory-policy', 'noeviction'] });
    const client = bench.admin(url);
    const [one, other] = await twoWith(url);
    await one.purge({ kind: 'provider', provider: 'ims' });
    await eventually(() => inside(other).tasks.epochOf(KEY.with({ provider: 'ims' })) !== '');
    await client.config('SET', 'maxmemory', '1');
    await expect(one.purge({ kind: 'task', address: KEY })).resolves.toBe(false);
    expect([isGone(one)(), isGone(other)()]).toEqual([true, false]);
    await client.config('SET', 'maxmemory', '0');
    await eventually(isGone(other));
  });

  it('clock behind that of another gateway that purged: counts all the same', async () => {
    stopLooking();
    const { url } = await bench.server();
    const ahead = await bench.use(url);
    const behind = await useDeaf(url, () => Date.now() - 60_000);
    await ahead.purge({ kind: 'scope', address: KEY });
    await store(ahead, ID);
    expect(inside(behind).tasks.epochOf(KEY)).toBe('');
    await expect(behind.purge({ kind: 'scope', address: KEY })).resolves.toBe(true);
    // Who hears nothing can tell nothing: the other looks.
    jest.advanceTimersByTime(500);
    await eventually(isGone(ahead));
    expect(inside(ahead).tasks.epochOf(KEY)).toBe(inside(behind).tasks.epochOf(KEY));
  });

  it('two at one time, Redis failing: both survive', async () => {
    const server = await bench.server();
    const [one, other] = await twoWith(server.url);
    server.freeze();
    await Promise.all([one, other].map((cache) => cache.purge({ kind: 'task', address: KEY })));
    server.thaw();
    await eventually(() => isUp(one)() && isUp(other)());
    await eventually(() => inside(one).tasks.epochOf(KEY) === inside(other).tasks.epochOf(KEY));
    await expect(store(one, ID)).resolves.toBe(true);
    await expect(read(other, ID)).resolves.not.toBeNull();
  });

  it('time: expires with what it voids', async () => {
    const { url } = await bench.server();
    const one = await bench.use(url, { finalTtlSeconds: 3_600 });
    await one.purge({ kind: 'task', address: KEY });
    const left = await bench.admin(url).pttl(PURGES);
    expect(left).toBeGreaterThan(3_500_000);
    expect(left).toBeLessThanOrEqual(3_960_000);
  });
});
