import type { Clock } from '@gateway/async';

const SLOTS = 10;

/** Counts what happened in the last `windowMs` milliseconds, to a tenth of the window. */
export class RollingCounter {
  private readonly slotMs: number;
  private readonly counts = Array.from({ length: SLOTS }, () => ({ slot: -1, count: 0 }));

  constructor(
    windowMs: number,
    private readonly now: Clock,
  ) {
    this.slotMs = windowMs / SLOTS;
  }

  add(): void {
    const slot = this.currentSlot();
    const entry = this.counts[slot % SLOTS];
    if (entry === undefined) return;
    if (entry.slot !== slot) Object.assign(entry, { slot, count: 0 });
    entry.count += 1;
  }

  total(): number {
    const oldest = this.currentSlot() - SLOTS + 1;
    return this.counts.reduce((sum, { slot, count }) => (slot >= oldest ? sum + count : sum), 0);
  }

  private currentSlot(): number {
    return Math.floor(this.now() / this.slotMs);
  }
}
