import { isObject } from '@gateway/tasks';
import type { TaskAddress } from '@gateway/tasks';
import type { StoreContext } from './cache-environment.js';
import { entries } from './entries.js';
import type { Refusal } from './entry-checks.js';
import { isSince } from './purges.js';
import type { Purges } from './purges.js';
import type { RedisStore } from '@gateway/redis';
import type { RedisWrite } from './result-store.js';
import { readStored, writeStored } from './stored-text.js';
import { taskNames } from './keys.js';

interface Remembered {
  readonly refusal: Refusal;
  /** Epoch milliseconds. */
  readonly until: number;
  readonly generation: string;
}

const MAX_REFUSALS = 10_000;

/** Milliseconds. However long a stored refusal claims to hold. */
const MAX_REFUSAL_MS = 300_000;

/** Remembers for seconds that somebody was told "no": that asker only, and only about that task. */
export class NegativeStore {
  readonly #context: StoreContext;
  readonly #redis: RedisStore | null;
  readonly #purges: Purges;
  readonly #memory = entries<Remembered>(MAX_REFUSALS);
  /** Epoch milliseconds when an asker first heard that a task is not there. */
  readonly #missedSince = entries<number>(MAX_REFUSALS);
  readonly counts = { mismatches: 0 };

  constructor(context: StoreContext, redis: RedisStore | null, purges: Purges) {
    this.#context = context;
    this.#redis = redis;
    this.#purges = purges;
  }

  /** The refusal that still holds in this process. */
  peek(address: TaskAddress, asker: string): Refusal | null {
    if (this.#memory.size === 0) return null;
    const name = memoryName(address, asker);
    const found = this.#memory.get(name);
    if (found === undefined) return null;
    if (this.#isLive(found, address, asker)) return found.refusal;
    this.#memory.delete(name);
    return null;
  }

  /** Takes what was read from Redis; null where it is void, or not what its name says: that is deleted. */
  adopt(text: string, address: TaskAddress, asker: string): Refusal | null {
    const { seal, checks, onMismatch } = this.#context;
    const name = taskNames(address, asker).negative;
    const stored = readStored(seal, name, text);
    const { task, asker: writtenFor, refusal } = stored?.header ?? {};
    const isNamed = stored?.kind === 'N' && task === address.key && writtenFor === asker;
    if (!isNamed || !isObject(refusal) || !checks.refusal(refusal)) {
      this.counts.mismatches += 1;
      onMismatch();
      this.#redis?.delete(name);
      return null;
    }
    const until = Math.min(stored.until, this.#context.now() + MAX_REFUSAL_MS);
    const remembered = { refusal, until, generation: stored.generation };
    if (!this.#isLive(remembered, address, asker)) return null;
    this.#memory.set(memoryName(address, asker), remembered);
    return refusal;
  }

  /** The upstream has answered after all. */
  forget(address: TaskAddress, asker: string): void {
    const name = memoryName(address, asker);
    this.#missedSince.delete(name);
    if (this.#memory.delete(name)) this.#redis?.delete(taskNames(address, asker).negative);
  }

  /**
   * @param ttlMs milliseconds, five minutes at most; up to a tenth less
   * @param visibleAfterMs milliseconds for which a new task may be invisible: a task that was never seen is not called
   * missing before they have passed since it was first asked for
   */
  keep(
    address: TaskAddress,
    asker: string,
    refusal: Refusal,
    ttlMs: number,
    visibleAfterMs: number,
    generation: string,
  ): RedisWrite | null {
    const { now, random } = this.#context;
    const name = memoryName(address, asker);
    const at = Math.floor(now());
    if (visibleAfterMs > 0) {
      const since = this.#missedSince.get(name) ?? at;
      this.#missedSince.set(name, since);
      if (at - since < visibleAfterMs) return null;
    }
    const keptMs = Math.floor(Math.min(ttlMs, MAX_REFUSAL_MS) * (1 - random() / 10));
    if (!(keptMs >= 1) || !isSince(generation, this.generationOf(address, asker))) return null;
    const until = at + keptMs;
    this.#memory.set(name, { refusal, until, generation });
    const header = { task: address.key, asker, refusal };
    const { negative } = taskNames(address, asker);
    const text = writeStored(this.#context.seal, negative, { kind: 'N', at, until, generation }, header);
    return { name: negative, text, ttlMs: keptMs };
  }

  /** A refusal ends with the task's purge, and with its asker's. */
  generationOf(address: TaskAddress, asker: string): string {
    return this.#purges.ofRefusal(address, asker);
  }

  #isLive({ until, generation }: Remembered, address: TaskAddress, asker: string): boolean {
    return until > this.#context.now() && isSince(generation, this.generationOf(address, asker));
  }
}

function memoryName(address: TaskAddress, asker: string): string {
  return `${asker} ${address.key}`;
}
