import { redisAdmin } from '../../support/redis-admin.js';

export interface LapsedLocks {
  /** Fill locks so far that ended because nobody renewed them: their owner had died, or the machine gave it no time. */
  readonly count: () => Promise<number>;
  readonly stop: () => void;
}

export async function watchLapsedLocks(url: string): Promise<LapsedLocks> {
  const client = redisAdmin(url);
  let lapsed = 0;
  client.on('message', (_channel, name: string) => {
    if (name.includes(':lock:')) lapsed += 1;
  });
  await client.config('SET', 'notify-keyspace-events', 'Ex');
  await client.subscribe('__keyevent@0__:expired');
  return {
    count: async () => {
      // What was published before comes before the reply.
      await client.ping();
      return lapsed;
    },
    stop: () => client.disconnect(),
  };
}
