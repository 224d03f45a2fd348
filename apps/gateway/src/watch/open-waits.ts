import { Pieces } from './pieces.js';
import type { Wait } from './wait.js';

/** Milliseconds between two looks for waits that are over. */
export const CHECK_MS = 50;

/** Waits end early by this share of their time at most, at random: those that began together do not come again together. */
const EARLY = 1 / 16;

/**
 * When a wait ends at the earliest: no later than was asked for, when it is found.
 * @param began milliseconds of any clock @param random from 0 to less than 1
 */
export function endOfWait(began: number, seconds: number, random: number): number {
  const ms = seconds * 1000;
  return began + ms - CHECK_MS - random * (EARLY * ms - CHECK_MS);
}

/** All requests that wait, and the one timer that ends them. */
export class OpenWaits {
  private readonly waits = new Set<Wait>();
  private timer: NodeJS.Timeout | undefined;

  add(wait: Wait): void {
    this.waits.add(wait);
    this.timer ??= setInterval(() => this.endThoseOver(), CHECK_MS);
  }

  delete(wait: Wait): void {
    this.waits.delete(wait);
    if (this.waits.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Ends all of them, while others get their turn. */
  async endAll(): Promise<void> {
    const pieces = new Pieces();
    for (const wait of this.waits) {
      wait.end('over');
      if (pieces.count()) await pieces.rest();
    }
  }

  private endThoseOver(): void {
    // What was asked for is a time to pass, which no clock that is set shortens or prolongs; a token ends at a time of day.
    const [now, timeOfDay] = [performance.now(), Date.now()];
    for (const wait of this.waits) if (wait.endsAt <= now || wait.tokenEndsAt <= timeOfDay) wait.end('over');
  }
}
