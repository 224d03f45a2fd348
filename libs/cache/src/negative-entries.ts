import type { RedisStore } from '@gateway/redis';
import { isObject } from '@gateway/tasks';
import type { TaskAddress } from '@gateway/tasks';
import type { NegativeEntry, StoreContext } from './settings.js';
import { isAhead, readEnvelope, writeEnvelope } from './envelope.js';
import type { Lifetime } from './envelope.js';
import { taskNames } from './keys.js';
import type { Purges } from './purges.js';
import { TieredStore, boundedLru } from './tiered-store.js';
import type { RedisWrite, StoreStats } from './tiered-store.js';

interface At {
  readonly address: TaskAddress;
  readonly partition: string;
}

interface Stored extends Lifetime {
  /** Epoch milliseconds of the answer. */
  readonly answeredAt: number;
  readonly entry: NegativeEntry;
}

const MAX_ENTRIES = 10_000;

/** Milliseconds. However long a stored entry claims to hold. */
const MAX_NEGATIVE_MS = 300_000;

/** Remembers 403 and 404 for seconds: of one partition only, and only about one task. */
export class NegativeEntries {
  private readonly store: TieredStore<At, Stored>;
  /** Epoch milliseconds of the first 404 about a task in a partition. */
  private readonly missedSince = boundedLru<number>(MAX_ENTRIES);

  constructor(
    private readonly context: StoreContext,
    private readonly redis: RedisStore | null,
    private readonly purges: Purges,
  ) {
    const codec = {
      localKey,
      name: nameOf,
      epochOf: ({ address, partition }: At) => this.epochOf(address, partition),
      maxTtlMs: MAX_NEGATIVE_MS,
      decode: (at: At, text: string) => {
        const envelope = readEnvelope(context.seal, nameOf(at), text);
        if (envelope === null) return null;
        const { kind, at: answeredAt, freshUntil, epoch, header } = envelope;
        const { task, partition, negative } = header;
        const isNamed = kind === 'N' && task === at.address.key && partition === at.partition;
        if (!isNamed || !isObject(negative) || !context.checks.negative(negative)) return null;
        return { entry: negative, answeredAt, freshUntil, keptUntil: freshUntil, epoch };
      },
      isAhead: ({ answeredAt }: Stored, now: number) => isAhead(answeredAt, now),
    };
    this.store = new TieredStore(codec, context, redis, boundedLru<Stored>(MAX_ENTRIES));
  }

  stats(): StoreStats {
    return this.store.stats();
  }

  /** The entry that still holds in this process. */
  getLocal(address: TaskAddress, partition: string): NegativeEntry | null {
    return this.store.isEmpty ? null : (this.store.getLocal({ address, partition })?.entry ?? null);
  }

  /** Takes what was read from Redis; null where it is void, or not what its name says: that is deleted. */
  accept(address: TaskAddress, partition: string, text: string): NegativeEntry | null {
    return this.store.accept({ address, partition }, text)?.entry ?? null;
  }

  /** The upstream has answered after all. */
  delete(address: TaskAddress, partition: string): void {
    const at = { address, partition };
    const key = localKey(at);
    this.missedSince.delete(key);
    if (this.store.deleteLocal(key)) this.redis?.delete(nameOf(at));
  }

  /**
   * @param ttlMs milliseconds, five minutes at most; up to a tenth less
   * @param visibleAfterMs milliseconds for which a new task may be invisible: a task that was never seen is not called
   * missing before they have passed since it was first asked for
   * @param epoch of the time before the upstream was asked
   */
  set(
    address: TaskAddress,
    partition: string,
    entry: NegativeEntry,
    ttlMs: number,
    visibleAfterMs: number,
    epoch: string,
  ): RedisWrite | null {
    const target = { address, partition };
    const at = Math.floor(this.context.now());
    if (visibleAfterMs > 0) {
      const since = this.missedSince.get(localKey(target)) ?? at;
      this.missedSince.set(localKey(target), since);
      if (at - since < visibleAfterMs) return null;
    }
    const [keptMs = 0] = this.store.ttlOf(ttlMs);
    if (!(keptMs >= 1) || !this.store.isSince(target, epoch)) return null;
    const freshUntil = at + keptMs;
    this.store.setLocal(target, { entry, answeredAt: at, freshUntil, keptUntil: freshUntil, epoch });
    const name = nameOf(target);
    const header = { task: address.key, partition, negative: entry };
    const text = writeEnvelope(this.context.seal, name, { kind: 'N', at, freshUntil, epoch }, header);
    return { name, text, ttlMs: keptMs };
  }

  /** An entry ends with the task's purge, and with its partition's. */
  epochOf(address: TaskAddress, partition: string): string {
    return this.purges.ofNegative(address, partition);
  }
}

function nameOf({ address, partition }: At): string {
  return taskNames(address, partition).negative;
}

function localKey({ address, partition }: At): string {
  return `${partition} ${address.key}`;
}
