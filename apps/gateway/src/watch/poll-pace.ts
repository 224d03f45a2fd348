import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '@gateway/problems';
import { Bulkheads } from '../tasks/bulkheads.js';

/** Seconds for which a cloud that throttles is left alone, where it names none. */
const THROTTLED_SECONDS = 5;
/** Milliseconds by which a timer may be early: whoever has waited for the end of a pause need not wait again. */
const EARLY_MS = 2;

export interface PollLimits {
  /** Questions per second, evenly spread. */
  readonly perSecond: number;
  /** Questions under way at once. */
  readonly places: number;
}

/**
 * What all polls of one provider in one region share: how many questions there are in a second, and at once. More tasks are
 * asked about less often; whoever asks for a task itself does not wait here.
 */
export class PollPace {
  private readonly places: Bulkheads;
  private readonly gapMs: number;
  /** By `performance.now()`, as all times here. */
  private freeAt = -Infinity;
  private pausedUntil = -Infinity;

  constructor({ perSecond, places }: PollLimits) {
    this.places = new Bulkheads(places);
    this.gapMs = 1000 / perSecond;
  }

  /** Whether the cloud has throttled since turns were taken: those before the end of its pause are void. */
  get isPaused(): boolean {
    return performance.now() < this.pausedUntil - EARLY_MS;
  }

  /** Takes the next turn, in so many milliseconds. */
  reserveMs(): number {
    const now = performance.now();
    const at = Math.max(now, this.freeAt);
    this.freeAt = at + this.gapMs;
    return at - now;
  }

  /** A turn was taken, and the cloud was not asked after all. */
  giveBack(): void {
    this.freeAt = Math.max(this.freeAt - this.gapMs, this.pausedUntil);
  }

  /** Runs as soon as there is a place, and no pause. @throws what `ask` throws, and the signal's reason */
  run<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.places.run('', async () => {
      while (this.isPaused && !signal.aborted)
        await delay(this.reserveMs(), null, { signal }).catch(() => this.giveBack());
      signal.throwIfAborted();
      try {
        return await ask();
      } catch (error) {
        // Before the place is free: the next one waits as well.
        if (error instanceof Problem && error.slug === 'upstream-throttled') this.slowDown(error);
        throw error;
      }
    });
  }

  /** All polls of the service wait: each by itself would find out by one more question. */
  private slowDown({ options: { retryAfterSeconds } }: Problem): void {
    const until = performance.now() + 1000 * (retryAfterSeconds ?? THROTTLED_SECONDS);
    this.pausedUntil = Math.max(this.pausedUntil, until);
    this.freeAt = Math.max(this.freeAt, until);
  }
}
