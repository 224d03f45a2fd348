import type { Wait } from './wait.js';

/** Milliseconds between two looks for waits that are over. */
const CHECK_MS = 100;

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

  endAll(): void {
    for (const wait of this.waits) wait.end('over');
  }

  private endThoseOver(): void {
    // No later than was asked for.
    const soon = Date.now() + CHECK_MS;
    for (const wait of this.waits) if (wait.endsAt <= soon) wait.end('over');
  }
}
