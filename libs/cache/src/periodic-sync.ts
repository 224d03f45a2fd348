import type { RedisStore } from '@gateway/redis';

/** Milliseconds between two reads of what other replicas have published, should their message have been lost. */
const SYNC_MS = 500;

/** Reads what is new in Redis twice a second and whenever a message says so, one read at a time. */
export abstract class PeriodicSync {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private again = false;

  constructor(protected readonly redis: RedisStore | null) {}

  start(): void {
    if (this.redis !== null) this.timer = setInterval(() => void this.sync(), SYNC_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Resolves when all that was published until now has been merged. Never rejects. */
  sync(): Promise<void> {
    const { redis } = this;
    if (redis?.up !== true) return this.running ?? Promise.resolve();
    this.again = this.running !== null;
    this.running ??= this.run(redis);
    return this.running;
  }

  /** Must not reject. */
  protected abstract syncOnce(redis: RedisStore): Promise<void>;

  private async run(redis: RedisStore): Promise<void> {
    do {
      this.again = false;
      await this.syncOnce(redis);
      // Published meanwhile, and perhaps after what was read.
    } while (this.again);
    // At once: a moment later, a call in between would take the read that has ended for its own.
    this.running = null;
  }
}
