import type { TaskAddress } from '@gateway/tasks';
import { LRUCache } from 'lru-cache';
import type { StoreContext } from './cache-environment.js';
import type { CacheSettings } from './cache-settings.js';
import { isSince } from './purges.js';
import type { Purges } from './purges.js';
import type { RedisStore } from '@gateway/redis';
import { readTask, writeTask } from './stored-task.js';
import type { StoredTask, TaskSnapshot } from './stored-task.js';
import { resultName } from './keys.js';

/** A larger entry would not pass a network within the time that a command has; this process keeps it for itself. */
const MAX_REDIS_BYTES = 2 * 1024 * 1024;

/** Bytes that an entry takes besides its texts. */
const ENTRY_OVERHEAD = 512;

/** A text on its way to Redis. */
export interface RedisWrite {
  readonly name: string;
  readonly text: string;
  readonly ttlMs: number;
  /** {@link taskText} of a task that stays as it is: whoever remembers it unfinished is told. */
  readonly ended?: string;
}

export interface Kept {
  readonly stored: StoredTask;
  /** Null where this answer stays in this process. */
  readonly write: RedisWrite | null;
}

/** One snapshot per task, in memory and behind that in Redis. It knows no readers: whoever asks has proven that it may read. */
export class ResultStore {
  readonly #settings: CacheSettings;
  readonly #context: StoreContext;
  readonly #redis: RedisStore | null;
  readonly #purges: Purges;
  readonly #memory: LRUCache<string, StoredTask>;
  /** Reads of Redis that are under way: many readers of one entry are one read. */
  readonly #reading = new Map<string, Promise<StoredTask | null>>();
  readonly counts = { mismatches: 0 };

  constructor(settings: CacheSettings, context: StoreContext, redis: RedisStore | null, purges: Purges) {
    this.#settings = settings;
    this.#context = context;
    this.#redis = redis;
    this.#purges = purges;
    const { memoryBytes: maxSize, maxEntryBytes: maxEntrySize } = settings;
    // A cache without a size is one without bounds.
    this.#memory = new LRUCache({ maxSize: Math.max(1, maxSize), maxEntrySize: Math.min(maxEntrySize, maxSize) || 1 });
  }

  /** What this process remembers, fresh or only kept. */
  peek(address: TaskAddress): StoredTask | null {
    return this.#remembered(address.key, address);
  }

  /** What is stored anywhere, fresh or only kept. Never rejects; a failing Redis is a miss. */
  async read(address: TaskAddress): Promise<StoredTask | null> {
    const task = address.key;
    const remembered = this.#remembered(task, address);
    if (this.#redis === null || (remembered !== null && remembered.freshUntil > this.#context.now())) return remembered;
    // What this process knew may have been purged in the meantime.
    return (await this.#readOnce(this.#redis, address)) ?? this.#remembered(task, address);
  }

  /** What Redis knows; null at once where it cannot be asked. Never rejects. */
  readElsewhere(address: TaskAddress): Promise<StoredTask | null> | null {
    return this.#redis?.up === true ? this.#readOnce(this.#redis, address) : null;
  }

  /** What is stored anywhere of a task that stays as it is. Never rejects; a failing Redis knows of none. */
  async doneOf(address: TaskAddress): Promise<StoredTask | null> {
    const here = this.peek(address);
    if (here?.final === true) return here;
    const stored = (await this.readElsewhere(address)) ?? this.peek(address);
    return stored?.final === true ? stored : null;
  }

  /** Told by another replica that this task has ended: what is remembered of it otherwise is behind. */
  ended(task: string): void {
    if (this.#memory.peek(task)?.final === false) this.#memory.delete(task);
  }

  /**
   * Takes what another read from Redis about this task; null where it is not what its name says, or void.
   */
  adopt(text: string, address: TaskAddress): StoredTask | null {
    const task = address.key;
    const { seal, checks } = this.#context;
    const found = readTask(seal, resultName(address), text, task);
    const size = found === null ? 0 : sizeOf(found);
    if (found === null || size > this.#settings.maxEntryBytes || !checks.task(found, address, seal.isKeyed)) {
      this.#mismatch(address);
      return null;
    }
    if (!this.#isLive(found, address)) return null;
    const latest = this.#context.now() + this.#maxTtlMs;
    const isBounded = found.keptUntil <= latest && found.freshUntil <= found.keptUntil;
    const keptUntil = Math.min(found.keptUntil, latest);
    const stored = isBounded ? found : { ...found, keptUntil, freshUntil: Math.min(found.freshUntil, keptUntil) };
    return this.#remember(task, address, stored, size);
  }

  /**
   * Keeps an answer; readable at once. A final one is never replaced by an unfinished one, nor a later one by an earlier.
   * @param freshMs milliseconds for which it is served without asking; up to a tenth less
   * @param keptMs milliseconds for which it may be served when the upstream is down, at least `freshMs`
   * @param generation of the time before the upstream was asked
   * @returns null where it is not kept: too large, void already, without any time, or something better is there
   */
  keep(address: TaskAddress, snapshot: TaskSnapshot, freshMs: number, keptMs: number, generation: string): Kept | null {
    const { now, random } = this.#context;
    // Entries that were stored together do not expire together: each loses up to a tenth of its time.
    const share = 1 - random() / 10;
    const fresh = Math.floor(Math.min(freshMs, this.#maxTtlMs) * share);
    const kept = Math.floor(Math.min(Math.max(keptMs, freshMs), this.#maxTtlMs) * share);
    // An unfinished one may be of no use but when the upstream is down.
    if (!(kept >= 1 && fresh >= (snapshot.final ? 1 : 0)) || (snapshot.final && snapshot.pollAfterSeconds !== null))
      return null;
    if (!(snapshot.observedAt >= 0) || !isSince(generation, this.#purges.ofTask(address))) return null;
    const task = address.key;
    const began = Math.floor(now());
    const stored = { ...snapshot, task, freshUntil: began + fresh, keptUntil: began + kept, generation };
    const size = sizeOf(stored);
    if (size > this.#settings.maxEntryBytes) return null;
    if (this.#remember(task, address, stored, size) !== stored) return null;
    if (this.#redis === null || size > MAX_REDIS_BYTES) return this.#memory.has(task) ? { stored, write: null } : null;
    const name = resultName(address);
    const write = { name, text: writeTask(this.#context.seal, name, stored), ttlMs: kept };
    return { stored, write: snapshot.final ? { ...write, ended: task } : write };
  }

  /** What an answer has to carry that is asked for now, and may be kept. */
  generationOf(address: TaskAddress): string {
    return this.#purges.ofTask(address);
  }

  /** Drops a task here and in Redis. */
  drop(address: TaskAddress): void {
    this.#memory.delete(address.key);
    this.#redis?.delete(resultName(address));
  }

  #remembered(task: string, address: TaskAddress): StoredTask | null {
    const stored = this.#memory.get(task);
    if (stored === undefined) return null;
    if (stored.task !== task) {
      this.#mismatch(address);
      return null;
    }
    if (this.#isLive(stored, address)) return stored;
    this.#memory.delete(task);
    return null;
  }

  #isLive({ keptUntil, generation }: StoredTask, address: TaskAddress): boolean {
    return keptUntil > this.#context.now() && isSince(generation, this.#purges.ofTask(address));
  }

  /** Puts it into memory, unless what is there is better; returns what is there then. */
  #remember(task: string, address: TaskAddress, stored: StoredTask, size: number): StoredTask {
    const present = this.#remembered(task, address);
    if (present !== null && isBetter(present, stored)) return present;
    if (size <= this.#settings.memoryBytes) this.#memory.set(task, stored, { size });
    else this.#memory.delete(task);
    return stored;
  }

  #readOnce(redis: RedisStore, address: TaskAddress): Promise<StoredTask | null> {
    const name = resultName(address);
    let reading = this.#reading.get(name);
    if (reading === undefined) {
      reading = redis.get(name).then((text) => {
        this.#reading.delete(name);
        return text === null ? null : this.adopt(text, address);
      });
      this.#reading.set(name, reading);
    }
    return reading;
  }

  #mismatch(address: TaskAddress): void {
    this.counts.mismatches += 1;
    this.#context.onMismatch();
    this.drop(address);
  }

  get #maxTtlMs(): number {
    return Math.floor(this.#settings.maxTtlSeconds * 1000);
  }
}

function isBetter(present: StoredTask, other: StoredTask): boolean {
  if (present.final !== other.final) return present.final;
  return present.observedAt > other.observedAt;
}

function sizeOf({ body, artifact }: StoredTask): number {
  return Buffer.byteLength(body) + (artifact === null ? 0 : Buffer.byteLength(artifact.content)) + ENTRY_OVERHEAD;
}
