import type { RedisStore } from '@gateway/redis';
import { LRUCache } from 'lru-cache';
import { isFresh, isSince } from './envelope.js';
import type { Lifetime } from './envelope.js';
import type { StoreContext } from './settings.js';

/** What the kinds of entries do not share. `At` is what an entry is about. */
interface EntryCodec<At, Entry extends Lifetime> {
  /** Key in memory. */
  readonly localKey: (at: At) => string;
  /** Key in Redis. */
  readonly name: (at: At) => string;
  /** The epoch of now: entries of an earlier one are void. */
  readonly epochOf: (at: At) => string;
  /** Milliseconds that an entry lives at most, whatever it claims. */
  readonly maxTtlMs: number;
  /** Null for anything but a whole entry about just this. */
  readonly decode: (at: At, text: string) => Entry | null;
  /** Whether an entry from Redis is void although it is whole. */
  readonly isVoid?: (at: At, entry: Entry) => boolean;
  /** Whether an entry became true later than it is now: by a writer's clock, or before this one was set back. It is void. */
  readonly isAhead: (entry: Entry, now: number) => boolean;
  /** Whether an entry is what its key in memory promises. */
  readonly isOf?: (at: At, entry: Entry) => boolean;
  /** Whether an entry stays when another comes. */
  readonly isBetter?: (present: Entry, other: Entry) => boolean;
}

/** Of one kind of entries; reads are counted since the start of the process. */
export interface StoreStats {
  /** In memory. */
  readonly entries: number;
  /** Of these entries, as far as they are measured; else their number. */
  readonly size: number;
  readonly memoryHits: number;
  readonly memoryMisses: number;
  /** Whole entries that are still of use. */
  readonly redisHits: number;
  readonly redisMisses: number;
}

/** A text on its way to Redis. */
export interface RedisWrite {
  readonly name: string;
  readonly text: string;
  readonly ttlMs: number;
  /** A message for all replicas where this replaces another version of the same. */
  readonly changed?: string;
}

/** Remembers so many entries at most, those used last. With `max` instead, the cache would make room for all at start: 20 ms. */
export function boundedLru<Value extends object | number>(most: number): LRUCache<string, Value> {
  return new LRUCache<string, Value>({ maxSize: most, sizeCalculation: () => 1 });
}

/** Entries in memory, and behind that in Redis. Nothing rejects; a failing Redis is a miss. */
export class TieredStore<At, Entry extends Lifetime> {
  /** Reads of Redis that are under way: many readers of one entry are one read. */
  private readonly reads = new Map<string, Promise<Entry | null>>();
  private readonly counts = { memoryHits: 0, memoryMisses: 0, redisHits: 0, redisMisses: 0 };

  constructor(
    private readonly codec: EntryCodec<At, Entry>,
    protected readonly context: StoreContext,
    protected readonly redis: RedisStore | null,
    protected readonly memory: LRUCache<string, Entry>,
  ) {}

  get isEmpty(): boolean {
    return this.memory.size === 0;
  }

  stats(): StoreStats {
    return { entries: this.memory.size, size: this.memory.calculatedSize, ...this.counts };
  }

  /** What this process remembers, fresh or only kept. */
  getLocal(at: At): Entry | null {
    const entry = this.live(at);
    if (entry === null) this.counts.memoryMisses += 1;
    else this.counts.memoryHits += 1;
    return entry;
  }

  private live(at: At): Entry | null {
    const key = this.codec.localKey(at);
    const entry = this.memory.get(key);
    if (entry === undefined) return null;
    if (this.codec.isOf?.(at, entry) === false) {
      this.mismatch(at);
      return null;
    }
    if (this.isLive(at, entry)) return entry;
    this.memory.delete(key);
    return null;
  }

  /** What is stored anywhere, fresh or only kept. */
  async getCached(at: At): Promise<Entry | null> {
    const local = this.getLocal(at);
    if (this.redis === null || (local !== null && isFresh(local, this.context.now()))) return local;
    // What this process knew may have been purged in the meantime.
    return (await this.readOnce(this.redis, at)) ?? this.live(at);
  }

  /** What Redis knows; null at once where it cannot be asked. */
  getRemote(at: At): Promise<Entry | null> | null {
    return this.redis?.up === true ? this.readOnce(this.redis, at) : null;
  }

  /** Redis was read in another way, and has nothing of use. */
  noteRedisMiss(): void {
    this.counts.redisMisses += 1;
  }

  /** Takes what was read from Redis; null where it is void, or not what its name says: that is deleted. */
  accept(at: At, text: string): Entry | null {
    const entry = this.accepted(at, text);
    if (entry === null) this.counts.redisMisses += 1;
    else this.counts.redisHits += 1;
    return entry;
  }

  private accepted(at: At, text: string): Entry | null {
    const entry = this.codec.decode(at, text);
    if (entry === null) {
      this.mismatch(at);
      return null;
    }
    if (!this.isLive(at, entry) || this.codec.isVoid?.(at, entry) === true) return null;
    const keptUntil = Math.min(entry.keptUntil, this.context.now() + this.codec.maxTtlMs);
    const isBounded = keptUntil === entry.keptUntil && entry.freshUntil <= keptUntil;
    return this.setLocal(
      at,
      isBounded ? entry : { ...entry, keptUntil, freshUntil: Math.min(entry.freshUntil, keptUntil) },
    );
  }

  /** Puts an entry into memory, unless what is there is better; returns what is there then. */
  setLocal(at: At, entry: Entry): Entry {
    const present = this.codec.isBetter === undefined ? null : this.live(at);
    if (present !== null && this.codec.isBetter?.(present, entry) === true) return present;
    this.memory.set(this.codec.localKey(at), entry);
    return entry;
  }

  /**
   * Nobody shares a read any more that is under way: it may bring what was deleted.
   * @param key see {@link EntryCodec.localKey}
   * @returns whether there was one
   */
  deleteLocal(key: string): boolean {
    this.reads.delete(key);
    return this.memory.delete(key);
  }

  /** Deletes an entry here and in Redis. */
  delete(at: At): void {
    this.memory.delete(this.codec.localKey(at));
    this.redis?.delete(this.codec.name(at));
  }

  /** How long each of these milliseconds becomes: entries that were stored together do not expire together. */
  ttlOf(...ttls: readonly number[]): readonly number[] {
    const share = 1 - this.context.random() / 10;
    return ttls.map((ttlMs) => Math.floor(Math.min(ttlMs, this.codec.maxTtlMs) * share));
  }

  /** Whether what was asked for in this epoch may be stored now. */
  isSince(at: At, epoch: string): boolean {
    return isSince(epoch, this.codec.epochOf(at));
  }

  private isLive(at: At, entry: Entry): boolean {
    const { keptUntil, epoch } = entry;
    const now = this.context.now();
    return isFresh({ freshUntil: keptUntil, epoch }, now, this.codec.epochOf(at)) && !this.codec.isAhead(entry, now);
  }

  private readOnce(redis: RedisStore, at: At): Promise<Entry | null> {
    const key = this.codec.localKey(at);
    const present = this.reads.get(key);
    if (present !== undefined) return present;
    const read = redis.get(this.codec.name(at)).then((text) => {
      if (this.reads.get(key) === read) this.reads.delete(key);
      if (text !== null) return this.accept(at, text);
      this.counts.redisMisses += 1;
      return null;
    });
    this.reads.set(key, read);
    return read;
  }

  private mismatch(at: At): void {
    this.context.onMismatch();
    this.delete(at);
  }
}
