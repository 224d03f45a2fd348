import { beforeEach, describe, expect, it } from '@jest/globals';
import { RedisStore } from './store.js';
import { FakeRedis, refuse } from './testing/fake-redis.js';

const READ = { name: 'read', lua: 'return 1' };
const WRITE = { name: 'write', lua: 'return 2', writes: true };

let redis: FakeRedis;
let store: RedisStore;
let reports: string[];
let time: number;

beforeEach(async () => {
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
  redis.listener.onReady();
  while (!store.up) await Promise.resolve();
  redis.sent.length = 0;
});

describe('a script', () => {
  it('gets prefixed keys and its arguments as they are, and its answer comes back', async () => {
    await expect(store.run(READ, ['{a}:1', '{a}:2'], ['b', 'c'])).resolves.toEqual(['b', 'c']);
    expect(redis.sent).toEqual(['read x:{a}:1,x:{a}:2']);
    redis.answer = () => null;
    await expect(store.run(READ, ['{a}'], [])).resolves.toBeNull();
    expect(store.counts).toEqual({ redisCommands: 2, redisErrors: 0, redisSkipped: 0 });
  });

  it('is not run while Redis is away', async () => {
    redis.listener.onLost(undefined);
    await expect(store.run(WRITE, ['a'], [])).resolves.toBeUndefined();
    store.runLater(WRITE, ['a'], []);
    expect(redis.sent).toEqual([]);
    expect(store.counts).toEqual({ redisCommands: 0, redisErrors: 0, redisSkipped: 2 });
  });

  it.each(['ERR', 'WRONGTYPE', 'MOVED'])('that fails on what it found leaves Redis in use: %s', async (word) => {
    for (const script of [READ, WRITE]) {
      redis.behave = refuse(word, script.name);
      await expect(store.run(script, ['a'], [])).resolves.toBeUndefined();
    }
    expect([store.up, store.counts.redisErrors]).toEqual([true, 2]);
    expect(reports).toEqual(['up']);
  });

  it.each(['LOADING', 'NOAUTH', 'NOPERM', 'MASTERDOWN', 'CLUSTERDOWN', 'BUSY'])(
    'that reads and is refused takes Redis out of use: %s',
    async (word) => {
      redis.behave = refuse(word, 'read');
      await expect(store.run(READ, ['a'], [])).resolves.toBeUndefined();
      expect(store.up).toBe(false);
      expect(reports).toEqual(['up', `down: ${word}`]);
    },
  );

  it.each(['read', 'write'])('that is not answered takes Redis out of use: %s', async (name) => {
    redis.behave = () => Promise.reject(new Error('Command timed out'));
    await expect(store.run(name === 'read' ? READ : WRITE, ['a'], [])).resolves.toBeUndefined();
    expect(reports).toEqual(['up', 'down: no answer in time']);
  });

  it.each(['OOM', 'MISCONF', 'NOREPLICAS', 'NOPERM'])('that may not write leaves reads in use: %s', async (word) => {
    redis.behave = refuse(word, 'write');
    await expect(store.run(WRITE, ['a'], [])).resolves.toBeUndefined();
    await expect(store.run(READ, ['a'], ['b'])).resolves.toEqual(['b']);
    redis.behave = () => undefined;
    // It may have had nothing to write.
    time = 4_999;
    await store.run(WRITE, ['a'], []);
    expect(reports).toEqual(['up', `writes: ${word}`]);
    time = 5_000;
    await store.run(WRITE, ['a'], []);
    expect(reports).toEqual(['up', `writes: ${word}`, 'writes: null']);
  });

  it('that writes to a replica makes it look for the primary', async () => {
    redis.behave = refuse('READONLY', 'write');
    await store.run(WRITE, ['a'], []);
    expect([redis.reconnects, store.up]).toEqual([1, false]);
    expect(reports).toEqual(['up', 'writes: READONLY']);
  });

  it('in the background is awaited at the end, and not queued without bound', async () => {
    const text = 'x'.repeat(20 * 1024 * 1024);
    store.runLater(WRITE, ['a'], [text]);
    store.runLater(WRITE, ['b'], [text]);
    await store.settled();
    expect(redis.sent).toEqual(['write x:a']);
    expect(store.counts.redisSkipped).toBe(1);
    store.runLater(WRITE, ['b'], [text]);
    await store.close();
    expect(redis.sent).toEqual(['write x:a', 'write x:b']);
  });
});

describe('a subscription', () => {
  it('is to the prefixed channel, whose name scripts get', () => {
    store.subscribe(
      'purge',
      () => undefined,
      () => undefined,
    );
    expect(redis.sent).toEqual(['subscribe x:purge']);
    expect(store.channelName('purge')).toBe('x:purge');
  });

  it('that is refused is reported once, and when it no longer is', () => {
    for (const word of ['NOPERM', 'NOPERM', null, null]) redis.listener.onMessagesRefused(word);
    expect(reports).toEqual(['up', 'messages: NOPERM', 'messages: null']);
    expect(store.up).toBe(true);
  });
});
