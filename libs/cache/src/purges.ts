import { randomBytes } from 'node:crypto';
import type { RedisStore } from './redis-store.js';
import { PUBLISH, READ_PURGES, WRITE_PURGES } from './redis-scripts.js';
import { EVENTS_CHANNEL, PURGES_NAME, scopeText, taskText } from './task-key.js';
import type { ScopeKey, TaskKey } from './task-key.js';

/** What is to be forgotten: all that is stored about it until now. */
export type PurgeTarget =
  | { readonly kind: 'task'; readonly key: TaskKey }
  | { readonly kind: 'scope'; readonly scope: ScopeKey }
  | { readonly kind: 'provider'; readonly provider: string }
  /** Voids the proofs and refusals of one principal. */
  | { readonly kind: 'principal'; readonly principal: string };

/** Purges that are remembered at once, at most: each is looked at for as long as something older can be stored. */
export const MAX_PURGES = 10_000;

/** Milliseconds between two looks at what other replicas purged, should their message have been lost. */
const LOOK_MS = 500;

/** Milliseconds for which Redis remembers longer: replicas whose clocks differ would tell it again and again. */
const CLOCK_SLACK_MS = 60 * 60_000;

export const PURGE_MESSAGE = 'purge';

/** Time in base 36, and chance. Compared as text: a later one is greater. */
const ID = /^[\da-z]{9}-[\da-f]{12}$/;

/** Name and id. */
type Purge = readonly [string, string];

/**
 * Whether what is stored in one generation was asked for after every purge of another. A later purge than the other
 * knows is fine, and so is one that it has forgotten.
 */
export function isSince(stored: string, present: string): boolean {
  if (stored === present || present === '') return true;
  const ids = stored.split('.');
  return present.split('.').every((id, index) => (ids[index] ?? '') >= id);
}

/**
 * Purges without a search for keys: each draws a new id for what it names, later than the one before. Whatever is
 * stored carries the ids of its time, its generation, and is void under later ones. So an answer that was on its way
 * during a purge is void as well. Replicas agree on the latest id, in whatever order they hear of them, and a Redis
 * that lost its memory is told again by those who know.
 */
export class Purges {
  readonly #ids = new Map<string, string>();
  readonly #redis: RedisStore | null;
  readonly #now: () => number;
  readonly #horizonMs: number;
  #version = '';
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #again = false;

  /** @param horizonMs longest life of anything stored, in milliseconds */
  constructor(redis: RedisStore | null, horizonMs: number, now: () => number) {
    this.#redis = redis;
    this.#horizonMs = horizonMs;
    this.#now = now;
  }

  start(): void {
    if (this.#redis === null) return;
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The generation of what is stored about a task from now on; empty while nothing was purged. */
  ofTask(key: TaskKey): string {
    if (this.#ids.size === 0) return '';
    const ids = [providerName(key.provider), scopeName(key), taskName(key)].map((name) => this.#ids.get(name) ?? '');
    return ids.every((id) => id === '') ? '' : ids.join('.');
  }

  ofPrincipal(principal: string): string {
    return this.#ids.get(principalName(principal)) ?? '';
  }

  /** The generation of what only one asker was told about a task. */
  ofRefusal(key: TaskKey, asker: string): string {
    const [task, principal] = [this.ofTask(key), this.ofPrincipal(asker)];
    return principal === '' ? task : `${task === '' ? '..' : task}.${principal}`;
  }

  /**
   * Voids at once in this process, and in the others as soon as they hear of it: within a second where Redis works.
   * @returns whether Redis took it; where it did not, replicas that it can still reach are told, and the others when it is
   * back, by those that know then
   * @throws RangeError when {@link MAX_PURGES} are remembered already
   */
  async purge(target: PurgeTarget): Promise<boolean> {
    const name = nameOf(target);
    if (this.#ids.size >= MAX_PURGES) this.#forgetOld();
    if (this.#ids.size >= MAX_PURGES && !this.#ids.has(name)) throw new RangeError('too many purges');
    const at = Math.max(Math.floor(this.#now()), timeOf(this.#ids.get(name) ?? '0') + 1);
    const id = `${at.toString(36).padStart(9, '0')}-${randomBytes(6).toString('hex')}`;
    this.#ids.set(name, id);
    if (this.#redis === null) return true;
    const latest = await this.#tell(this.#redis, [[name, id]], []);
    // A Redis that takes no writes still passes messages on.
    if (latest === null)
      await this.#redis.run(PUBLISH, [PURGES_NAME], [this.#channel, `${PURGE_MESSAGE} ${id} ${name}`]);
    // Not heard of yet, and by a clock that is ahead: what was stored since then is to be void as well.
    return latest !== null && this.#learn(name, latest) ? this.purge(target) : latest === id;
  }

  /** Told by another replica: of one purge, or to look what is new. */
  hear(message: string): void {
    const [, id, name] = /^purge (\S+) (.+)$/s.exec(message) ?? [];
    if (id === undefined || name === undefined) void this.look();
    else this.#learn(name, id);
  }

  /** Learns what others purged until now. Never rejects. */
  look(): Promise<void> {
    this.#again = this.#looking !== null;
    this.#looking ??= this.#lookOn().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #lookOn(): Promise<void> {
    do {
      this.#again = false;
      await this.#look();
      // Told of another one meanwhile, which may have come after what was read.
    } while (this.#again);
  }

  async #look(): Promise<void> {
    if (this.#redis === null || !this.#redis.up) return;
    const found = await this.#redis.run(READ_PURGES, [PURGES_NAME], [this.#version]);
    if (!Array.isArray(found)) return;
    const pairs = pairsOf(found);
    this.#version = pairs.get('version') ?? '';
    pairs.delete('version');
    for (const [name, id] of pairs) this.#learn(name, id);
    this.#forgetOld();
    // What Redis has lost, or was never told while it was away.
    const added = [...this.#ids].filter(([name, id]) => id > (pairs.get(name) ?? ''));
    const old = [...pairs].filter(([, id]) => this.#isOlder(id, CLOCK_SLACK_MS));
    if (added.length > 0 || old.length > 0) await this.#tell(this.#redis, added, old);
  }

  /** @returns whether it was news */
  #learn(name: string, id: string): boolean {
    if (!ID.test(id) || this.#isOlder(id, 0) || id <= (this.#ids.get(name) ?? '')) return false;
    this.#ids.set(name, id);
    return true;
  }

  /** @returns the id that Redis has of the first name from now on; null where Redis was not told */
  async #tell(redis: RedisStore, added: readonly Purge[], old: readonly Purge[]): Promise<string | null> {
    const version = randomBytes(9).toString('base64url');
    const keepMs = Math.ceil(this.#horizonMs * (1 + Math.random() / 10));
    const settings = [version, String(keepMs), this.#channel, PURGE_MESSAGE, String(added.length)];
    const latest = await redis.run(WRITE_PURGES, [PURGES_NAME], [...settings, ...added.flat(), ...old.flat()]);
    if (typeof latest === 'string') return latest;
    // The next look compares everything, and tells it again.
    this.#version = '';
    return null;
  }

  #forgetOld(): void {
    for (const [name, id] of this.#ids) if (this.#isOlder(id, 0)) this.#ids.delete(name);
  }

  get #channel(): string {
    return this.#redis?.channelName(EVENTS_CHANNEL) ?? '';
  }

  /** Nothing that is older than this purge can be stored any more, and has not been for this time. */
  #isOlder(id: string, sinceMs: number): boolean {
    return timeOf(id) < this.#now() - this.#horizonMs - sinceMs;
  }
}

/** Epoch milliseconds. */
function timeOf(id: string): number {
  return parseInt(id, 36);
}

function pairsOf(flat: readonly unknown[]): Map<string, string> {
  const pairs = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2) pairs.set(String(flat[index]), String(flat[index + 1]));
  return pairs;
}

function nameOf(target: PurgeTarget): string {
  switch (target.kind) {
    case 'task':
      return taskName(target.key);
    case 'scope':
      return scopeName(target.scope);
    case 'provider':
      return providerName(target.provider);
    case 'principal':
      return principalName(target.principal);
  }
}

const taskName = (key: TaskKey): string => `task:${taskText(key)}`;
const scopeName = (scope: ScopeKey): string => `scope:${scopeText(scope)}`;
const providerName = (provider: string): string => `provider:${provider}`;
const principalName = (principal: string): string => `principal:${principal}`;
