import type { TaskAddress } from '@gateway/tasks';
import { randomBytes } from 'node:crypto';
import type { SharedPurges, StoreContext } from './settings.js';
import { PeriodicSync } from './periodic-sync.js';
import type { RedisStore } from '@gateway/redis';
import { PUBLISH, READ_PURGES, WRITE_PURGES } from './scripts.js';
import { EVENTS_CHANNEL, PURGES_NAME } from './keys.js';

/** What is to be forgotten: all that is stored about it until now. */
export type PurgeTarget =
  | { readonly kind: 'task'; readonly address: TaskAddress }
  | { readonly kind: 'scope'; readonly address: TaskAddress }
  | { readonly kind: 'provider'; readonly provider: string }
  /** Voids the proofs and negative entries of one principal. */
  | { readonly kind: 'principal'; readonly principal: string };

/** Purges that are remembered at once, at most: each is looked at for as long as something older can be stored. */
export const MAX_PURGES = 10_000;

/** Milliseconds for which Redis remembers longer: replicas whose clocks differ would publish it again and again. */
const CLOCK_SLACK_MS = 60 * 60_000;

export const PURGE_MESSAGE = 'purge';

/** Time in base 36, and chance. Compared as text: a later one is greater. */
const ID = /^[\da-z]{9}-[\da-f]{12}$/;

/** Name, and its id with a seal. */
type Purge = readonly [string, string];

/**
 * Purges without a search for keys: each draws a new id for what it names, later than the one before. Whatever is
 * stored carries the ids of its time, its epoch, and is void under later ones. So an answer that was on its way
 * during a purge is void as well. Replicas agree on the latest id, in whatever order they merge them, and publish them
 * again to a Redis that has lost its memory.
 */
export class Purges extends PeriodicSync {
  private readonly ids = new Map<string, string>();
  private readonly name: string;
  private version = '';

  /** @param horizonMs longest life of anything stored, in milliseconds */
  constructor(
    redis: RedisStore | null,
    private readonly horizonMs: number,
    private readonly context: Pick<StoreContext, 'now' | 'seal' | 'onMismatch'>,
    private readonly tellSiblings: SharedPurges['tellSiblings'] = () => Promise.resolve(true),
  ) {
    super(redis);
    this.name = context.seal.own(PURGES_NAME);
  }

  /** The epoch of what is stored about a task from now on; empty while nothing was purged. */
  ofTask(address: TaskAddress): string {
    if (this.ids.size === 0) return '';
    const ids = [providerName(address.provider), scopeName(address), taskName(address)].map(
      (name) => this.ids.get(name) ?? '',
    );
    return ids.every((id) => id === '') ? '' : ids.join('.');
  }

  ofPrincipal(principal: string): string {
    return this.ids.get(principalName(principal)) ?? '';
  }

  /** The epoch of what holds for one partition and one task only. */
  ofNegative(address: TaskAddress, partition: string): string {
    const [task, principal] = [this.ofTask(address), this.ofPrincipal(partition)];
    return principal === '' ? task : `${task === '' ? '..' : task}.${principal}`;
  }

  /**
   * Voids at once in this process, and in the others as soon as they merge it: within a second where Redis works.
   * @returns whether Redis took it, and all siblings know; where it did not, replicas that it can still reach get a message, and the others
   * merge it when it is back, by those that know then
   * @throws RangeError when {@link MAX_PURGES} are remembered already
   */
  async purge(target: PurgeTarget): Promise<boolean> {
    const name = nameOf(target);
    if (this.ids.size >= MAX_PURGES) this.forgetOld();
    if (this.ids.size >= MAX_PURGES && !this.ids.has(name)) throw new RangeError('too many purges');
    const at = Math.max(Math.floor(this.context.now()), timeOf(this.ids.get(name) ?? '0') + 1);
    const id = `${at.toString(36).padStart(9, '0')}-${randomBytes(6).toString('hex')}`;
    this.ids.set(name, id);
    const message = `${PURGE_MESSAGE} ${this.sealed(name, id)} ${name}`;
    const told = this.tellSiblings(message);
    if (this.redis === null) return told;
    const latest = await this.publish(this.redis, [[name, this.sealed(name, id)]], []);
    // A Redis that takes no writes still passes messages on.
    if (latest === null) await this.redis.run(PUBLISH, [this.name], [this.channel, message]);
    // Not known yet, and by a clock that is ahead: what was stored since then is to be void as well.
    return latest !== null && this.merge(name, latest) === 'new'
      ? this.purge(target)
      : latest === this.sealed(name, id) && told;
  }

  /** A message of another replica names one purge, or says that there are new ones. */
  onMessage(message: string): void {
    const [, sealed, name] = /^purge (\S+) (.+)$/s.exec(message) ?? [];
    if (sealed === undefined || name === undefined) void this.sync();
    else this.merge(name, sealed);
  }

  protected async syncOnce(redis: RedisStore): Promise<void> {
    const found = await redis.run(READ_PURGES, [this.name], [this.version]);
    if (!Array.isArray(found)) return;
    const pairs = pairsOf(found);
    this.version = pairs.get('version') ?? '';
    pairs.delete('version');
    const forged = [...pairs].filter(([name, sealed]) => this.merge(name, sealed) === 'forged');
    const old = [...pairs].filter(([, sealed]) => this.isOlder(sealed, CLOCK_SLACK_MS));
    for (const [name] of forged) pairs.delete(name);
    this.forgetOld();
    // What Redis has lost, or never got while it was away.
    const added = [...this.ids]
      .filter(([name, id]) => id > idOf(pairs.get(name) ?? ''))
      .map(([name, id]): Purge => [name, this.sealed(name, id)]);
    if (added.length > 0 || old.length > 0 || forged.length > 0) await this.publish(redis, added, [...old, ...forged]);
  }

  private merge(name: string, sealed: string): 'new' | 'known' | 'forged' {
    const id = idOf(sealed);
    if (id <= (this.ids.get(name) ?? '') || (ID.test(id) && this.isOlder(id, 0))) return 'known';
    // A later time than any clock's would stand above all purges to come.
    if (!ID.test(id) || timeOf(id) > this.context.now() + CLOCK_SLACK_MS || sealed !== this.sealed(name, id)) {
      this.context.onMismatch();
      return 'forged';
    }
    this.ids.set(name, id);
    return 'new';
  }

  /** The id, and that it is of one who knows the secret. Compared as text like the id itself. */
  private sealed(name: string, id: string): string {
    const { seal } = this.context;
    return seal.isKeyed ? `${id}|${seal.of(`purge ${name}`, id)}` : id;
  }

  /** @returns what Redis has of the first name that is added from now on; null where Redis took nothing */
  private async publish(redis: RedisStore, added: readonly Purge[], old: readonly Purge[]): Promise<string | null> {
    const version = randomBytes(9).toString('base64url');
    const keepMs = Math.ceil(this.horizonMs * (1 + Math.random() / 10));
    const settings = [version, String(keepMs), this.channel, PURGE_MESSAGE, String(old.length)];
    const latest = await redis.run(WRITE_PURGES, [this.name], [...settings, ...old.flat(), ...added.flat()]);
    if (typeof latest === 'string') return latest;
    // The next sync compares everything, and publishes it again.
    this.version = '';
    return null;
  }

  private forgetOld(): void {
    for (const [name, id] of this.ids) if (this.isOlder(id, 0)) this.ids.delete(name);
  }

  private get channel(): string {
    return this.redis?.channelName(EVENTS_CHANNEL) ?? '';
  }

  /** Nothing that is older than this purge can be stored any more, and has not been for this time. */
  private isOlder(id: string, sinceMs: number): boolean {
    return timeOf(id) < this.context.now() - this.horizonMs - sinceMs;
  }
}

function idOf(sealed: string): string {
  return sealed.split('|', 1)[0] ?? '';
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
      return taskName(target.address);
    case 'scope':
      return scopeName(target.address);
    case 'provider':
      return providerName(target.provider);
    case 'principal':
      return principalName(target.principal);
  }
}

const taskName = (address: TaskAddress): string => `task:${address.key}`;
const scopeName = (scope: TaskAddress): string => `scope:${scope.scope}`;
const providerName = (provider: string): string => `provider:${provider}`;
const principalName = (principal: string): string => `principal:${principal}`;
