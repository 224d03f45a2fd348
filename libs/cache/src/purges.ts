import { randomBytes } from 'node:crypto';
import type { RedisStore } from './redis-store.js';
import { READ_PURGES, WRITE_PURGES } from './redis-scripts.js';
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

export const PURGE_MESSAGE = 'purge';

/**
 * Purges without a search for keys: each draws a new id for what it names. Whatever is stored carries the ids of its
 * time, its generation, and is void under others. So an answer that was on its way during a purge is void as well, no
 * clocks are compared, and a Redis that lost its memory is told again by those who know.
 */
export class Purges {
  readonly #ids = new Map<string, string>();
  readonly #redis: RedisStore | null;
  readonly #now: () => number;
  readonly #horizonMs: number;
  #version = '';
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;

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

  /**
   * Voids at once in this process, and in the others as soon as they hear of it: within a second where Redis works.
   * @returns whether Redis took it; where it did not, other replicas learn of it when it is back
   * @throws RangeError when {@link MAX_PURGES} are remembered already
   */
  async purge(target: PurgeTarget): Promise<boolean> {
    this.#forgetOld();
    const name = nameOf(target);
    if (this.#ids.size >= MAX_PURGES && !this.#ids.has(name)) throw new RangeError('too many purges');
    const id = `${Math.floor(this.#now()).toString(36)}-${randomBytes(6).toString('hex')}`;
    this.#ids.set(name, id);
    return this.#redis === null || this.#tell(this.#redis, [[name, id]], []);
  }

  /** Learns what others purged. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #look(): Promise<void> {
    if (this.#redis === null || !this.#redis.up) return;
    const found = await this.#redis.run(READ_PURGES, [PURGES_NAME], [this.#version]);
    if (!Array.isArray(found)) return;
    const pairs = pairsOf(found);
    this.#version = pairs.get('version') ?? '';
    pairs.delete('version');
    const old: string[] = [];
    for (const [name, id] of pairs) {
      if (this.#isOld(id)) old.push(name);
      else this.#ids.set(name, id);
    }
    this.#forgetOld();
    // What Redis has lost, or was never told while it was away.
    const missing = [...this.#ids].filter(([name]) => !pairs.has(name));
    if (missing.length > 0 || old.length > 0) await this.#tell(this.#redis, missing, old);
  }

  async #tell(
    redis: RedisStore,
    added: readonly (readonly [string, string])[],
    forgotten: readonly string[],
  ): Promise<boolean> {
    const version = randomBytes(9).toString('base64url');
    const keepMs = Math.ceil(this.#horizonMs * (1 + Math.random() / 10));
    const channel = redis.channelName(EVENTS_CHANNEL);
    const settings = [version, String(keepMs), channel, PURGE_MESSAGE, String(added.length)];
    return (await redis.run(WRITE_PURGES, [PURGES_NAME], [...settings, ...added.flat(), ...forgotten])) === 1;
  }

  #forgetOld(): void {
    for (const [name, id] of this.#ids) if (this.#isOld(id)) this.#ids.delete(name);
  }

  /** Nothing that is older than this purge can be stored any more. */
  #isOld(id: string): boolean {
    return parseInt(id, 36) < this.#now() - this.#horizonMs;
  }
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
