import { unavailable, type UpstreamFailure } from '../errors/upstream-failure.js';
import type { UpstreamSettings } from '../upstream-settings.js';

/** Most that wait at once, in either queue: a bound for the memory, far above what callers' connections bring. */
const MAX_QUEUED = 10_000;

/**
 * Lets so many attempts run at once; the others wait their turn, for a bounded time, each caller in a line of its own. Strangers,
 * however many there are, take turns with all others together: whoever makes tokens up makes up as many callers.
 */
export class Bulkhead {
  private running = 0;
  private refusals = 0;
  private readonly known = new FairQueue<() => void>();
  private readonly strangers = new FairQueue<() => void>();
  private wasStranger = false;

  constructor(private readonly settings: Pick<UpstreamSettings, 'concurrency' | 'queueMs'>) {}

  get inFlight(): number {
    return this.running;
  }

  get queued(): number {
    return this.known.size + this.strangers.size;
  }

  /** Work that was refused because of the queue, since the start. */
  get refused(): number {
    return this.refusals;
  }

  /**
   * Runs work when it is its turn.
   * @param caller whose work it is; callers take turns @param isStranger whether nobody can tell yet that this is one
   * @throws UpstreamFailure `upstream-unavailable` when the wait is too long
   * @throws the signal's reason when it aborts in the queue
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal, caller = '', isStranger = false): Promise<T> {
    if (this.running < this.settings.concurrency) this.running += 1;
    else await this.takeTurn(isStranger ? this.strangers : this.known, signal, caller);
    try {
      return await work();
    } finally {
      this.passOn();
    }
  }

  private takeTurn(queue: FairQueue<() => void>, signal: AbortSignal | undefined, caller: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (queue.size >= MAX_QUEUED) return reject(this.tooBusy());
      const leave = (): void => {
        clearTimeout(timer);
        clearImmediate(lastChance);
        signal?.removeEventListener('abort', onAbort);
        queue.delete(caller, enter);
      };
      const enter = (): void => {
        leave();
        resolve();
      };
      const fail = (reason: unknown): void => {
        leave();
        reject(reason);
      };
      const onAbort = (): void => fail(signal?.reason);
      let lastChance: NodeJS.Immediate | undefined;
      // Timers run before input is read: a late event loop first sees what the upstream has answered meanwhile.
      const timer = setTimeout(() => (lastChance = setImmediate(() => fail(this.tooBusy()))), this.settings.queueMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      queue.add(caller, enter);
    });
  }

  private tooBusy(): UpstreamFailure {
    this.refusals += 1;
    return unavailable('Too many requests to the upstream are under way.');
  }

  private passOn(): void {
    this.wasStranger = !this.wasStranger;
    const [one, other] = this.wasStranger ? [this.strangers, this.known] : [this.known, this.strangers];
    const next = one.next() ?? other.next();
    if (next === undefined) this.running -= 1;
    else next();
  }
}

/** Lines of waiters that are served in turn, one of each line; first come, first served within a line. */
class FairQueue<T> {
  private readonly lines = new Map<string, Set<T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(line: string, waiter: T): void {
    const waiters = this.lines.get(line);
    if (waiters === undefined) this.lines.set(line, new Set([waiter]));
    else waiters.add(waiter);
    this.count += 1;
  }

  /** Does nothing where the waiter has left already. */
  delete(line: string, waiter: T): void {
    const waiters = this.lines.get(line);
    if (waiters?.delete(waiter) !== true) return;
    this.count -= 1;
    if (waiters.size === 0) this.lines.delete(line);
  }

  /** Takes the waiter whose turn it is out of the queue; undefined where nobody waits. */
  next(): T | undefined {
    for (const [line, waiters] of this.lines) {
      const [waiter] = waiters;
      if (waiter === undefined) continue;
      this.delete(line, waiter);
      // Behind all the others.
      if (this.lines.delete(line)) this.lines.set(line, waiters);
      return waiter;
    }
    return undefined;
  }
}
