import { unavailable, type UpstreamFailure } from '../errors/upstream-failure.js';
import type { UpstreamSettings } from '../upstream-settings.js';

/** Most that wait at once: a bound for the memory, far above what callers' connections bring. */
const MAX_QUEUED = 10_000;

/** Lets so many attempts run at once; the others wait their turn, for a bounded time, each caller in a line of its own. */
export class Bulkhead {
  private running = 0;
  private refusals = 0;
  private readonly waiting = new FairQueue<() => void>();

  constructor(private readonly settings: Pick<UpstreamSettings, 'concurrency' | 'queueMs'>) {}

  get inFlight(): number {
    return this.running;
  }

  get queued(): number {
    return this.waiting.size;
  }

  /** Work that was refused because of the queue, since the start. */
  get refused(): number {
    return this.refusals;
  }

  /**
   * Runs work when it is its turn.
   * @param caller whose work it is; callers take turns
   * @throws UpstreamFailure `upstream-unavailable` when the wait is too long
   * @throws the signal's reason when it aborts in the queue
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal, caller = ''): Promise<T> {
    if (this.running < this.settings.concurrency) this.running += 1;
    else await this.takeTurn(signal, caller);
    try {
      return await work();
    } finally {
      this.passOn();
    }
  }

  private takeTurn(signal: AbortSignal | undefined, caller: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (this.waiting.size >= MAX_QUEUED) return reject(this.tooBusy());
      const leave = (): void => {
        clearTimeout(timer);
        clearImmediate(lastChance);
        signal?.removeEventListener('abort', onAbort);
        this.waiting.delete(caller, enter);
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
      this.waiting.add(caller, enter);
    });
  }

  private tooBusy(): UpstreamFailure {
    this.refusals += 1;
    return unavailable('Too many requests to the upstream are under way.');
  }

  private passOn(): void {
    const next = this.waiting.next();
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
