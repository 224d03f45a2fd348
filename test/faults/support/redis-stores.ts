import type { Redis } from 'ioredis';
import { RedisStore, openRedis } from '@gateway/redis';
import type { RedisScript, RedisSettings } from '@gateway/redis';
import { redisAdmin } from '../../support/redis-admin.js';
import { eventually } from '../../support/eventually.js';
import { PATIENCE } from '../../support/redis-server.js';

export const CHANNEL = 'news';
/** One per part of a cluster; keys that share braces share a slot. */
export const NAMES = ['{a}', '{b}', '{c}', '{d}', '{e}', '{f}', '{g}', '{h}'].map((tag) => `tg:${tag}`);

/** What the cache does in Redis, in one script: reads, keeps the first and tells everybody. */
export const KEEP_FIRST: RedisScript = {
  name: 'keep-first',
  writes: true,
  lua: `local found = redis.call('GET', KEYS[1])
if found then return {'found', found} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', 60000)
redis.call('SET', KEYS[2], '1', 'PX', 60000)
redis.call('PUBLISH', ARGV[2], ARGV[1])
return {'kept', ARGV[1]}`,
};
export const COUNT: RedisScript = { name: 'count', lua: `return redis.call('EXISTS', KEYS[1])` };

export interface WatchedStore {
  readonly store: RedisStore;
  /** What it reported, in words. */
  readonly reports: readonly string[];
  /** What it received on the channel; `reset` for each start of the subscription. */
  readonly received: readonly string[];
  readonly keepFirst: (name: string, text: string) => Promise<unknown>;
  /** Writes, and waits until that has ended. */
  readonly set: (name: string, text: string) => Promise<void>;
}

/** Opens stores and clients, and closes them after each test. */
export class RedisBench {
  readonly #cleanups: (() => unknown)[] = [];

  /** A store that is already trying to reach this Redis. */
  open(settings: RedisSettings): WatchedStore {
    const reports: string[] = [];
    const received: string[] = [];
    const listener = {
      onUp: () => void reports.push('up'),
      onDown: (reason: string) => void reports.push(`down: ${reason}`),
      onWritesRefused: (word: string | null) => void reports.push(`writes: ${word}`),
      onMessagesRefused: (word: string | null) => void reports.push(`messages: ${word}`),
    };
    const store = new RedisStore(openRedis({ ...PATIENCE, ...settings }), settings.keyPrefix ?? '', listener, Date.now);
    store.subscribe(
      CHANNEL,
      (message) => void received.push(message),
      () => void received.push('reset'),
    );
    store.start();
    this.defer(() => store.close());
    return {
      store,
      reports,
      received,
      keepFirst: (name, text) => store.run(KEEP_FIRST, [name, `${name}:more`], [text, store.channelName(CHANNEL)]),
      set: async (name, text) => {
        store.set(name, text, 60_000);
        await store.settled();
      },
    };
  }

  /** {@link open}, and waits until it reads, writes and hears. */
  async use(settings: RedisSettings): Promise<WatchedStore> {
    const opened = this.open(settings);
    await eventually(() => opened.store.up && opened.received.includes('reset'));
    return opened;
  }

  admin(url: string): Redis {
    const client = redisAdmin(url);
    this.defer(() => client.disconnect());
    return client;
  }

  defer(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  async clean(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }
}

/** Values of these names, null for a miss. */
export function readAll(
  { store }: WatchedStore,
  names: readonly string[] = NAMES,
): Promise<readonly (string | null)[]> {
  return Promise.all(names.map((name) => store.get(name)));
}

/** Waits until it writes, and hears what it publishes; each attempt has its own text, as messages may be lost before. */
export async function works({ received, keepFirst }: WatchedStore): Promise<void> {
  const before = received.length;
  let attempt = 0;
  await eventually(async () => {
    attempt += 1;
    await keepFirst(`tg:{works-${attempt}}`, `works-${attempt}`);
    return received.slice(before).some((message) => message.startsWith('works-'));
  });
}
