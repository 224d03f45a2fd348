import type { Caller } from '../access/authentication.js';
import type { Bearer } from '../access/bearer-tokens.js';
import type { TaskAccess } from '../tasks/access-proofs.js';
import { WatchGroup } from './watcher.js';

/** All who watch one task, and who of them asks next. */
export class WatchGroups {
  /** Turns that have failed since the last one that worked. */
  failures = 0;
  private readonly groups = new Map<string, WatchGroup>();

  get size(): number {
    return this.groups.size;
  }

  all(): Iterable<WatchGroup> {
    return this.groups.values();
  }

  of(caller: Caller): WatchGroup | undefined {
    return this.groups.get(keyOf(caller));
  }

  /** A group that is none any more when its last watcher has left. @param onLeft called then */
  open(access: TaskAccess, onLeft: () => void): WatchGroup {
    const key = keyOf(access.caller);
    const group = new WatchGroup(access, () => {
      this.groups.delete(key);
      onLeft();
    });
    this.groups.set(key, group);
    return group;
  }

  /**
   * The caller whose proof ends first: so questions renew proofs. Of those whose last ones failed, another; last those in a pause.
   * @param proofEndsAt epoch milliseconds
   */
  nextLeader(proofEndsAt: (access: TaskAccess) => number): WatchGroup {
    let next: WatchGroup | undefined;
    let endsAt = Infinity;
    for (const group of this.groups.values()) {
      const ends = proofEndsAt(group.access);
      const order = next === undefined ? -1 : compare(group, next);
      if (order < 0 || (order === 0 && ends < endsAt)) [next, endsAt] = [group, ends];
      if (next?.failures === 0 && next.access.proof === 'policy') break;
    }
    return next as WatchGroup;
  }

  /** Whether another caller that may be asked for has failed less often. */
  isAnyBetterThan({ failures }: WatchGroup): boolean {
    for (const group of this.groups.values()) if (group.failures < failures && group.mayAsk) return true;
    return false;
  }

  /** By `performance.now()`: when the first pause of a caller ends. */
  earliest(): number {
    let earliest = Infinity;
    for (const { mayAskFrom } of this.groups.values()) earliest = Math.min(earliest, mayAskFrom);
    return earliest;
  }

  /** With the gateway's own credential and policy a failure is the same for all; a caller's own is nobody else's. */
  sharersOf(leader: WatchGroup): readonly WatchGroup[] {
    const { proof } = leader.access;
    return proof === 'policy' ? [...this.groups.values()].filter(({ access }) => access.proof === proof) : [leader];
  }
}

const bearerNumbers = new WeakMap<Bearer, number>();
let lastNumber = 0;

/**
 * A principal may have several bearer tokens: what each says, and its end, hold for who has shown it. And with one bearer token many
 * cloud tokens may come, each a principal: a service that asks for its users has one for all of them.
 */
function keyOf({ bearer, principal }: Caller): string {
  if (bearer === undefined) return principal;
  let number = bearerNumbers.get(bearer);
  if (number === undefined) bearerNumbers.set(bearer, (number = lastNumber += 1));
  return `${principal} ${number}`;
}

/** Negative where one is to ask before another, whatever their proofs. */
function compare(one: WatchGroup, other: WatchGroup): number {
  return Number(other.mayAsk) - Number(one.mayAsk) || one.failures - other.failures;
}
