import { randomBytes } from 'node:crypto';
import type { StoreContext } from './settings.js';
import { PeriodicSync } from './periodic-sync.js';
import type { RedisStore } from '@gateway/redis';
import { READ_REVOKED, REVOKE } from './scripts.js';
import { EVENTS_CHANNEL, REVOKED_NAME } from './keys.js';

/** Begins the message that something is revoked; names what, where Redis keeps no list of it. */
export const REVOKED_MESSAGE = 'revoked';

/** Revocations in Redis, those that it has yet to take, and those that it took: the newest of each. */
const MAX_ENTRIES = 10_000;

/** Revocations that are published with one script at most. */
const MAX_BATCH = 500;

/** Seal, then what is sealed: process and count, epoch milliseconds, name. */
const ENTRY = /^(\S{1,32}) (([\w-]{1,32})\.\w{1,16} (\d{1,16}) (.+))$/s;

interface Pending {
  readonly at: number;
  /** Whether a message has reached those that are subscribed. */
  isAnnounced: boolean;
}

/**
 * Publishes to other replicas what is revoked, within a second where Redis works: a list in Redis, newest first, that each
 * reads down to what it has seen. It is published later where Redis is away or takes no writes, and again where Redis has
 * lost its list. Nothing here is a secret: names are keyed hashes. One forged without the secret is not believed, and one
 * repeated costs a lookup.
 */
export class Revocations extends PeriodicSync {
  private readonly list: string;
  private readonly process = randomBytes(9).toString('base64url');
  private readonly pending = new Map<string, Pending>();
  /** Epoch milliseconds, by entry. */
  private readonly published = new Map<string, number>();
  private publishing: Promise<void> | null = null;
  private count = 0;
  private seen = '';

  /** @param lifeMs longest life of what can be revoked, in milliseconds */
  constructor(
    redis: RedisStore | null,
    private readonly context: StoreContext,
    private readonly lifeMs: number,
    private readonly onRevoked: (name: string) => void,
  ) {
    super(redis);
    this.list = context.seal.own(REVOKED_NAME);
  }

  /** Publishes it, in the background. */
  revoke(name: string): void {
    if (this.redis === null) return;
    this.count += 1;
    const at = Math.floor(this.context.now());
    const text = `${this.process}.${this.count.toString(36)} ${at} ${name}`;
    add(this.pending, `${this.context.seal.of(REVOKED_NAME, text)} ${text}`, { at, isAnnounced: false });
    void this.publish(this.redis);
  }

  /** A message of another replica says that there are new revocations, or holds one. */
  onMessage(message: string): void {
    const entry = message.slice(REVOKED_MESSAGE.length + 1);
    if (entry === '') void this.sync();
    else this.merge(entry);
  }

  /** Publishes also what has yet to be. */
  protected async syncOnce(redis: RedisStore): Promise<void> {
    if (this.pending.size > 0) await this.publish(redis);
    const found = await redis.run(READ_REVOKED, [this.list], [this.seen]);
    if (!Array.isArray(found)) return;
    const [isKnown, ...entries] = found.map(String);
    this.seen = entries[0] ?? (isKnown === '1' ? this.seen : '');
    for (const entry of entries.toReversed()) this.merge(entry);
    // Else the list was read to its end.
    if (isKnown !== '1' && entries.length < MAX_ENTRIES) await this.publishAgain(redis, new Set(entries));
  }

  private async publishAgain(redis: RedisStore, present: ReadonlySet<string>): Promise<void> {
    for (const [entry, at] of this.published) {
      if (present.has(entry)) continue;
      this.published.delete(entry);
      add(this.pending, entry, { at, isAnnounced: false });
    }
    if (this.pending.size > 0) await this.publish(redis);
  }

  private merge(entry: string): void {
    const [, seal = '', text = '', process, at, name = ''] = ENTRY.exec(entry) ?? [];
    if (!this.context.seal.fits(seal, REVOKED_NAME, text)) {
      this.context.onMismatch();
      return;
    }
    const isOver = Number(at) < this.context.now() - 2 * this.lifeMs;
    if (process !== this.process && !isOver) this.onRevoked(name);
  }

  private publish(redis: RedisStore): Promise<void> {
    for (const [entry, { at }] of this.pending)
      if (at < this.context.now() - this.lifeMs) this.pending.delete(entry);
      else break;
    if (redis.up && this.pending.size > 0) this.publishing ??= this.publishAll(redis);
    return this.publishing ?? Promise.resolve();
  }

  private async publishAll(redis: RedisStore): Promise<void> {
    const channel = redis.channelName(EVENTS_CHANNEL);
    let stored: unknown;
    do {
      const batch = [...this.pending]
        .slice(0, MAX_BATCH)
        .sort(([, one], [, other]) => +other.isAnnounced - +one.isAnnounced);
      const announced = batch.filter(([, revocation]) => revocation.isAnnounced).length;
      const settings = [String(MAX_ENTRIES), String(2 * this.lifeMs), channel, REVOKED_MESSAGE, String(announced)];
      stored = await redis.run(REVOKE, [this.list], [...settings, ...batch.map(([entry]) => entry)]);
      for (const [entry, revocation] of batch) {
        revocation.isAnnounced = true;
        if (stored !== 1) continue;
        this.pending.delete(entry);
        add(this.published, entry, revocation.at);
      }
    } while (stored === 1 && redis.up && this.pending.size > 0);
    // At once: a moment later, what is revoked in between would wait for the next sync.
    this.publishing = null;
  }
}

/** The oldest makes room. */
function add<T>(entries: Map<string, T>, entry: string, value: T): void {
  const [oldest] = entries.keys();
  if (entries.size >= MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
  entries.set(entry, value);
}
