import { UpstreamFault } from '../upstream-fault.js';
import type { UpstreamSettings } from '../upstream-settings.js';

/** Lets so many attempts run at once; so many more wait their turn, for a short time. */
export class Bulkhead {
  private running = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly settings: Pick<UpstreamSettings, 'concurrency' | 'queue' | 'queueMs'>) {}

  get inFlight(): number {
    return this.running;
  }

  get queued(): number {
    return this.waiting.size;
  }

  /**
   * Runs work when it is its turn.
   * @throws UpstreamFault `upstream-unavailable` when the queue is full or the wait too long
   * @throws the signal's reason when it aborts in the queue
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.running < this.settings.concurrency) this.running += 1;
    else await this.takeTurn(signal);
    try {
      return await work();
    } finally {
      this.passOn();
    }
  }

  private takeTurn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      if (this.waiting.size >= this.settings.queue) return reject(tooBusy());
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.waiting.delete(enter);
      };
      const enter = (): void => {
        leave();
        resolve();
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        leave();
        reject(tooBusy());
      }, this.settings.queueMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiting.add(enter);
    });
  }

  private passOn(): void {
    const [next] = this.waiting;
    if (next === undefined) this.running -= 1;
    else next();
  }
}

function tooBusy(): UpstreamFault {
  return new UpstreamFault({
    problem: 'upstream-unavailable',
    detail: 'Too many requests to the upstream are under way.',
    retryAfterSeconds: 1,
  });
}
