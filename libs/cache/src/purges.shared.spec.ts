import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import * as fc from 'fast-check';
import { isSince } from './envelope.js';
import { PURGES_NAME } from './keys.js';
import { FakeRedis, refuse } from '../../redis/src/testing/fake-redis.js';
import { HORIZON_MS, SEAL, connectedTo, keepPurges, addressOf } from './testing/fake-stores.js';

const KEY = addressOf('a');
const TASK = { kind: 'task', address: KEY } as const;

let redis: FakeRedis;
let kept: Map<string, string>;

beforeEach(() => {
  redis = new FakeRedis();
  kept = keepPurges(redis);
});

const scripts = (): readonly string[] => redis.sent.filter((command) => command.startsWith('tg'));

describe('purges among replicas', () => {
  it('reach all', async () => {
    const [one, other] = [await connectedTo(redis), await connectedTo(redis)];
    await expect(one.purges.purge(TASK)).resolves.toBe(true);
    expect(other.purges.ofTask(KEY)).toBe('');
    await other.purges.sync();
    expect(other.purges.ofTask(KEY)).toBe(one.purges.ofTask(KEY));
    redis.sent.length = 0;
    await other.purges.sync();
    expect(redis.sent).toEqual([`tgReadPurges ${SEAL.own(PURGES_NAME)}`]);
  });

  it('are read twice a second, one read at a time', async () => {
    const one = await connectedTo(redis);
    jest.useFakeTimers();
    try {
      one.purges.start();
      await jest.advanceTimersByTimeAsync(999);
      expect(scripts()).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(1);
      expect(scripts()).toHaveLength(2);
      redis.behave = () => new Promise(() => undefined);
      await jest.advanceTimersByTimeAsync(5_000);
      expect(scripts()).toHaveLength(3);
      one.purges.stop();
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('are merged although a read is under way that may have missed them', async () => {
    const [one, other] = [await connectedTo(redis), await connectedTo(redis)];
    const { answer } = redis;
    let arrive = (): void => undefined;
    redis.behave = (command) => (command === 'tgReadPurges' ? new Promise((resolve) => (arrive = resolve)) : undefined);
    redis.answer = (args, script) => (script === 'tgReadPurges' ? [] : answer(args, script));
    const looking = other.purges.sync();
    await one.purges.purge(TASK);
    void other.purges.sync();
    redis.behave = () => {
      redis.answer = answer;
    };
    arrive();
    await looking;
    expect(isSince('', other.purges.ofTask(KEY))).toBe(false);
    expect(scripts().filter((script) => script.startsWith('tgRead'))).toHaveLength(2);
  });

  it('sync: called while the one before ends, however late, it reads what was published until then', async () => {
    const one = await connectedTo(redis);
    await one.purges.purge(TASK);
    const published = [...kept];
    for (let ticks = 0; ticks < 24; ticks += 1) {
      kept.clear();
      const other = await connectedTo(redis);
      const before = other.purges.sync();
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      for (const [name, id] of published) kept.set(name, id);
      await other.purges.sync();
      await before;
      expect([ticks, other.purges.ofTask(KEY)]).toEqual([ticks, one.purges.ofTask(KEY)]);
    }
  });

  it('are published again to a Redis that has lost them', async () => {
    const one = await connectedTo(redis);
    await one.purges.purge(TASK);
    await one.purges.sync();
    kept.clear();
    await one.purges.sync();
    const late = await connectedTo(redis);
    await late.purges.sync();
    expect(late.purges.ofTask(KEY)).toBe(one.purges.ofTask(KEY));
    expect(late.purges.ofTask(KEY)).not.toBe('');
  });

  it('are published again when Redis did not take them, also where it had others', async () => {
    const [one, other] = [await connectedTo(redis), await connectedTo(redis)];
    await one.purges.purge({ kind: 'provider', provider: 'ims' });
    await one.purges.sync();
    redis.behave = refuse('OOM', 'tgWritePurges');
    await expect(one.purges.purge(TASK)).resolves.toBe(false);
    await one.purges.sync();
    await other.purges.sync();
    expect(other.purges.ofTask(KEY)).toBe('');
    redis.behave = () => undefined;
    await one.purges.sync();
    await other.purges.sync();
    expect(other.purges.ofTask(KEY)).toBe(one.purges.ofTask(KEY));
    expect(other.purges.ofTask(KEY)).not.toBe('');
  });

  it('are not undone by a read that began before', async () => {
    const one = await connectedTo(redis);
    await one.purges.purge(TASK);
    const before = one.purges.ofTask(KEY);
    kept.set('version', 'another');
    const looking = one.purges.sync();
    await expect(one.purges.purge(TASK)).resolves.toBe(true);
    await looking;
    expect(isSince(before, one.purges.ofTask(KEY))).toBe(false);
    expect([...kept.values()].join(' ')).toContain(one.purges.ofTask(KEY).replaceAll('.', ''));
  });

  it('count although the clock of who purges is behind', async () => {
    const [ahead, behind] = [await connectedTo(redis), await connectedTo(redis)];
    behind.time -= 60_000;
    await ahead.purges.purge(TASK);
    const between = ahead.purges.ofTask(KEY);
    await expect(behind.purges.purge(TASK)).resolves.toBe(true);
    expect(isSince(between, behind.purges.ofTask(KEY))).toBe(false);
    await ahead.purges.sync();
    expect(ahead.purges.ofTask(KEY)).toBe(behind.purges.ofTask(KEY));
  });

  it('are forgotten when nothing that is older can be stored, and what was stored after them stays good', async () => {
    const one = await connectedTo(redis);
    await one.purges.purge(TASK);
    const after = one.purges.ofTask(KEY);
    for (const [step, expected] of [
      [HORIZON_MS, after],
      [1, ''],
    ] as const) {
      one.time += step;
      await one.purges.purge({ kind: 'provider', provider: 'ims' });
      await one.purges.sync();
      expect(one.purges.ofTask(KEY)).toBe(expected);
    }
    expect(isSince(after, one.purges.ofTask(KEY))).toBe(true);
  });

  it('are forgotten without a quarrel among clocks that differ', async () => {
    const [ahead, behind] = [await connectedTo(redis), await connectedTo(redis)];
    await ahead.purges.purge(TASK);
    await behind.purges.sync();
    ahead.time += HORIZON_MS + 60_000;
    behind.time += HORIZON_MS;
    // A third one stirs them up.
    await (await connectedTo(redis)).purges.purge({ kind: 'provider', provider: 'ims' });
    for (let round = 0; round < 3; round += 1) for (const { purges } of [ahead, behind]) await purges.sync();
    expect([ahead.purges.ofTask(KEY), behind.purges.ofTask(KEY) === '']).toEqual(['', false]);
    expect(scripts().filter((script) => script.startsWith('tgWrite'))).toHaveLength(1);
    for (const one of [ahead, behind]) one.time += 3_600_001;
    kept.set('version', 'another');
    await behind.purges.sync();
    await ahead.purges.sync();
    expect([...kept.keys()].filter((name) => name.startsWith('task:'))).toEqual([]);
  });

  it('that are no purges are passed over', async () => {
    const one = await connectedTo(redis);
    kept.set('version', 'v').set('provider:apig', '~|').set('task:x', '');
    await one.purges.sync();
    expect(one.purges.ofTask(KEY)).toBe('');
    redis.answer = () => 'nonsense';
    await one.purges.sync();
    await expect(one.purges.purge({ kind: 'provider', provider: 'ims' })).resolves.toBe(false);
  });

  it('are the same everywhere in the end, in whatever order they are published, lost and merged', async () => {
    const step = fc.tuple(fc.constantFrom('purge', 'look', 'flush', 'skew', 'fail'), fc.nat(2));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const server = new FakeRedis();
        const hash = keepPurges(server);
        const replicas = [await connectedTo(server), await connectedTo(server), await connectedTo(server)];
        const seen: string[] = [''];
        for (const [what, who] of steps) {
          const replica = replicas[who]!;
          if (what === 'flush') hash.clear();
          else if (what === 'skew') replica.time -= 1_000;
          else if (what === 'look') await replica.purges.sync();
          else {
            const { answer } = server;
            if (what === 'fail') server.answer = () => null;
            await replica.purges.purge(TASK);
            server.answer = answer;
            seen.push(replica.purges.ofTask(KEY));
          }
        }
        for (let round = 0; round < 2; round += 1) for (const { purges } of replicas) await purges.sync();
        const [first = '', ...rest] = replicas.map(({ purges }) => purges.ofTask(KEY));
        for (const other of rest) expect(other).toBe(first);
        for (const epoch of seen) expect(isSince(epoch, first)).toBe(epoch === first);
      }),
      { numRuns: 50 },
    );
  });
});
