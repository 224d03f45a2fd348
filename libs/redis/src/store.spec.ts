import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RedisReplyError } from './errors.js';
import { RedisStore } from './store.js';
import { FakeRedis, refuse } from './testing/fake-redis.js';

const TIMEOUT = new Error('Command timed out');
const flush = (): Promise<void> => jest.advanceTimersByTimeAsync(0).then(() => undefined);

let redis: FakeRedis;
let store: RedisStore;
let reports: string[];
let time: number;

async function connected(): Promise<void> {
  redis.listener.onReady();
  await flush();
  redis.sent.length = 0;
}

beforeEach(() => {
  jest.useFakeTimers();
  redis = new FakeRedis();
  reports = [];
  time = 0;
  store = new RedisStore(
    redis.open,
    'x:',
    {
      onUp: () => reports.push('up'),
      onDown: (reason) => reports.push(`down: ${reason}`),
      onWritesRefused: (word) => reports.push(`writes: ${word}`),
      onMessagesRefused: (word) => reports.push(`messages: ${word}`),
    },
    () => time,
  );
});

afterEach(() => {
  jest.useRealTimers();
});

describe('RedisStore', () => {
  it('is not used before a read on its connection went well', async () => {
    await expect(store.get('a')).resolves.toBeNull();
    store.set('a', '1', 5);
    expect(redis.sent).toEqual([]);
    redis.listener.onReady();
    await flush();
    expect(redis.sent).toEqual(['get x:tg:probe']);
    expect(store.up).toBe(true);
    store.set('a', '1', 5);
    await store.settled();
    await expect(store.get('a')).resolves.toBe('1');
    expect(store.counts).toEqual({ redisCommands: 2, redisErrors: 0, redisSkipped: 2 });
  });

  it('is out of use after one failure, and back after a good read on a new connection', async () => {
    await connected();
    redis.behave = () => Promise.reject(TIMEOUT);
    await expect(store.get('a')).resolves.toBeNull();
    for (let read = 0; read < 50; read += 1) await expect(store.get('a')).resolves.toBeNull();
    expect(redis.sent).toEqual(['get x:a']);
    expect(store.counts).toEqual({ redisCommands: 1, redisErrors: 1, redisSkipped: 50 });
    await flush();
    expect(redis.reconnects).toBe(1);
    redis.listener.onLost(undefined);
    redis.listener.onLost(Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), { code: 'ECONNREFUSED' }));
    redis.behave = () => undefined;
    await connected();
    expect(store.up).toBe(true);
    expect(reports).toEqual(['up', 'down: no answer in time', 'up']);
  });

  it('waits longer each time a connection fails right after it came', async () => {
    await connected();
    redis.behave = () => Promise.reject(new RedisReplyError('LOADING'));
    await store.get('a');
    const waits: number[] = [];
    for (let round = 0; round < 9; round += 1) {
      const start = Date.now();
      const before = redis.reconnects;
      while (redis.reconnects === before) await jest.advanceTimersToNextTimerAsync();
      waits.push(Date.now() - start);
      redis.listener.onReady();
      await flush();
    }
    expect(waits).toEqual([0, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
    expect(reports).toEqual(['up', 'down: LOADING']);
  });

  it.each(['LOADING', 'NOAUTH', 'MASTERDOWN', 'NOPERM', 'BUSY'])(
    'is out of use when a read is refused: %s',
    async (word) => {
      await connected();
      redis.behave = refuse(word, 'get');
      await expect(store.get('a')).resolves.toBeNull();
      expect(store.up).toBe(false);
      expect(reports).toEqual(['up', `down: ${word}`]);
    },
  );

  it.each(['OOM', 'MISCONF', 'NOPERM'])('is still read when writes are refused: %s', async (word) => {
    await connected();
    redis.values.set('x:a', '1');
    redis.behave = refuse(word, 'set');
    store.set('b', '2', 5);
    store.set('c', '3', 5);
    await store.settled();
    await expect(store.get('a')).resolves.toBe('1');
    store.delete('a');
    await store.settled();
    redis.behave = () => undefined;
    store.set('b', '2', 5);
    await store.settled();
    expect(store.counts.redisErrors).toBe(2);
    expect(redis.reconnects).toBe(0);
    expect(reports).toEqual(['up', `writes: ${word}`, 'writes: null']);
  });

  it('looks for the new primary when it writes to a replica, but not all the time', async () => {
    await connected();
    redis.behave = refuse('READONLY', 'set');
    for (const [now, reconnects] of [
      [0, 1],
      [29_999, 1],
      [30_000, 2],
    ] as const) {
      time = now;
      store.set('a', '1', 5);
      await store.settled();
      expect(redis.reconnects).toBe(reconnects);
      redis.listener.onLost(undefined);
      await connected();
      expect(store.up).toBe(true);
    }
  });

  it('takes what is no string for unreadable text', async () => {
    await connected();
    redis.behave = refuse('WRONGTYPE', 'get');
    await expect(store.get('a')).resolves.toBe('');
    expect(store.up).toBe(true);
  });

  it('does not blame the present connection for what failed on an old one', async () => {
    await connected();
    let fail: (error: Error) => void = () => undefined;
    redis.behave = () =>
      new Promise<void>((_resolve, reject) => {
        fail = reject;
      });
    const read = store.get('a');
    redis.listener.onLost(undefined);
    redis.behave = () => undefined;
    await connected();
    fail(TIMEOUT);
    await expect(read).resolves.toBeNull();
    expect(store.up).toBe(true);
  });

  it('does not hold more than 32 MiB for a server that is slow to take them', async () => {
    await connected();
    let go: () => void = () => undefined;
    redis.behave = () =>
      new Promise<void>((resolve) => {
        go = resolve;
      });
    const text = 'x'.repeat(20 * 1024 * 1024);
    store.set('a', text, 5);
    store.set('b', text, 5);
    expect(redis.sent).toEqual(['set x:a']);
    go();
    await store.settled();
    redis.behave = () => undefined;
    store.set('b', text, 5);
    await store.settled();
    expect([...redis.values.keys()]).toEqual(['x:a', 'x:b']);
  });

  it('repeats only words that cannot hold a secret', async () => {
    await connected();
    redis.behave = () =>
      Promise.reject(Object.assign(new Error('AUTH hunter2'), { code: 'p4ss', command: { args: ['hunter2'] } }));
    await store.get('a');
    expect(reports).toEqual(['up', 'down: connection lost']);
  });

  it('ends its writes, hangs up once and is silent after that', async () => {
    await connected();
    store.set('a', '1', 5);
    await store.close();
    await store.close();
    redis.listener.onLost(undefined);
    await expect(store.get('a')).resolves.toBeNull();
    expect(redis.values.get('x:a')).toBe('1');
    expect(redis.closed).toBe(1);
    expect(store.up).toBe(false);
    expect(jest.getTimerCount()).toBe(0);
    expect(reports).toEqual(['up']);
  });
});
