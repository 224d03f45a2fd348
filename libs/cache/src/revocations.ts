import { randomBytes } from 'node:crypto';
import type { StoreContext } from './cache-environment.js';
import { Lookout } from './lookout.js';
import type { RedisStore } from '@gateway/redis';
import { READ_REVOKED, REVOKE } from './scripts.js';
import { EVENTS_CHANNEL, REVOKED_NAME } from './keys.js';

/** Begins the message that something is revoked; names what, where Redis keeps no list of it. */
export const REVOKED_MESSAGE = 'revoked';

/** Revocations in Redis, those that it has yet to be told, and those that it was told: the newest of each. */
const MAX_ENTRIES = 10_000;

/** Revocations that are told with one script at most. */
const MAX_TOLD = 500;

/** Seal, then what is sealed: process and count, epoch milliseconds, name. */
const ENTRY = /^(\S{1,32}) (([\w-]{1,32})\.\w{1,16} (\d{1,16}) (.+))$/s;

interface Untold {
  readonly at: number;
  /** Whether a message has told those who hear messages. */
  said: boolean;
}

/**
 * Tells other replicas what is revoked, within a second where Redis works: a list in Redis, newest first, that each reads
 * down to what it has seen. Redis that is away or takes no writes is told later, and one that has lost its list is told again. Nothing here is a secret: names are keyed
 * hashes. Who forges one without the secret is not believed, and who repeats one costs a question.
 */
export class Revocations {
  readonly counts = { mismatches: 0 };
  readonly #redis: RedisStore | null;
  readonly #context: StoreContext;
  readonly #onRevoked: (name: string) => void;
  readonly #lifeMs: number;
  readonly #list: string;
  readonly #lookout = new Lookout(() => this.#look());
  readonly #process = randomBytes(9).toString('base64url');
  readonly #untold = new Map<string, Untold>();
  /** Epoch milliseconds, by entry. */
  readonly #told = new Map<string, number>();
  #telling: Promise<void> | null = null;
  #count = 0;
  #seen = '';

  /** @param lifeMs longest life of what can be revoked, in milliseconds */
  constructor(redis: RedisStore | null, context: StoreContext, lifeMs: number, onRevoked: (name: string) => void) {
    this.#redis = redis;
    this.#context = context;
    this.#lifeMs = lifeMs;
    this.#onRevoked = onRevoked;
    this.#list = context.seal.own(REVOKED_NAME);
  }

  start(): void {
    if (this.#redis !== null) this.#lookout.start();
  }

  stop(): void {
    this.#lookout.stop();
  }

  /** Tells the others, in the background. */
  revoke(name: string): void {
    if (this.#redis === null) return;
    this.#count += 1;
    const at = Math.floor(this.#context.now());
    const text = `${this.#process}.${this.#count.toString(36)} ${at} ${name}`;
    add(this.#untold, `${this.#context.seal.of(REVOKED_NAME, text)} ${text}`, { at, said: false });
    void this.#tell(this.#redis);
  }

  /** Told by another replica: to look what is new, or of one. */
  hear(message: string): void {
    const entry = message.slice(REVOKED_MESSAGE.length + 1);
    if (entry === '') void this.look();
    else this.#learn(entry);
  }

  /** Learns what others revoked until now, and tells what is still untold. Never rejects. */
  look(): Promise<void> {
    return this.#lookout.look();
  }

  async #look(): Promise<void> {
    if (this.#redis === null || !this.#redis.up) return;
    if (this.#untold.size > 0) await this.#tell(this.#redis);
    const found = await this.#redis.run(READ_REVOKED, [this.#list], [this.#seen]);
    if (!Array.isArray(found)) return;
    const [isKnown, ...entries] = found.map(String);
    this.#seen = entries[0] ?? (isKnown === '1' ? this.#seen : '');
    for (const entry of entries.toReversed()) this.#learn(entry);
    // Else the list was read to its end.
    if (isKnown !== '1' && entries.length < MAX_ENTRIES) await this.#tellAgain(this.#redis, new Set(entries));
  }

  async #tellAgain(redis: RedisStore, present: ReadonlySet<string>): Promise<void> {
    for (const [entry, at] of this.#told) {
      if (present.has(entry)) continue;
      this.#told.delete(entry);
      add(this.#untold, entry, { at, said: false });
    }
    if (this.#untold.size > 0) await this.#tell(redis);
  }

  #learn(entry: string): void {
    const [, seal = '', text = '', process, at, name = ''] = ENTRY.exec(entry) ?? [];
    if (!this.#context.seal.fits(seal, REVOKED_NAME, text)) {
      this.counts.mismatches += 1;
      this.#context.onMismatch();
      return;
    }
    const isOver = Number(at) < this.#context.now() - 2 * this.#lifeMs;
    if (process !== this.#process && !isOver) this.#onRevoked(name);
  }

  #tell(redis: RedisStore): Promise<void> {
    this.#telling ??= this.#tellAll(redis).finally(() => (this.#telling = null));
    return this.#telling;
  }

  async #tellAll(redis: RedisStore): Promise<void> {
    for (const [entry, { at }] of this.#untold)
      if (at < this.#context.now() - this.#lifeMs) this.#untold.delete(entry);
      else break;
    const channel = redis.channelName(EVENTS_CHANNEL);
    while (redis.up && this.#untold.size > 0) {
      const told = [...this.#untold].slice(0, MAX_TOLD).sort(([, one], [, other]) => +other.said - +one.said);
      const said = told.filter(([, untold]) => untold.said).length;
      const settings = [String(MAX_ENTRIES), String(2 * this.#lifeMs), channel, REVOKED_MESSAGE, String(said)];
      const stored = await redis.run(REVOKE, [this.#list], [...settings, ...told.map(([entry]) => entry)]);
      for (const [entry, untold] of told) {
        untold.said = true;
        if (stored !== 1) continue;
        this.#untold.delete(entry);
        add(this.#told, entry, untold.at);
      }
      if (stored !== 1) return;
    }
  }
}

/** The oldest makes room. */
function add<T>(entries: Map<string, T>, entry: string, value: T): void {
  const [oldest] = entries.keys();
  if (entries.size >= MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
  entries.set(entry, value);
}
