import type { Clock } from '@gateway/async';

/** How the last question about each of the most recent tasks ended: many answers about one task are one. */
export class RecentOutcomes {
  /** Oldest first. */
  private readonly outcomes = new Map<string, { readonly at: number; readonly failed: boolean }>();
  private failures = 0;

  constructor(
    private readonly windowMs: number,
    /** Most tasks that are remembered. */
    private readonly limit: number,
    private readonly now: Clock,
  ) {}

  note(task: string, failed: boolean): void {
    this.delete(task);
    this.outcomes.set(task, { at: this.now(), failed });
    if (failed) this.failures += 1;
    const [oldest] = this.outcomes.keys();
    if (this.outcomes.size > this.limit && oldest !== undefined) this.delete(oldest);
  }

  /** Share of tasks that failed, 0 to 1; null where fewer than `minimum` were asked about within the window. */
  failedShare(minimum: number): number | null {
    const oldest = this.now() - this.windowMs;
    for (const [task, { at }] of this.outcomes) {
      if (at > oldest) break;
      this.delete(task);
    }
    const { size } = this.outcomes;
    return size === 0 || size < minimum ? null : this.failures / size;
  }

  clear(): void {
    this.outcomes.clear();
    this.failures = 0;
  }

  private delete(task: string): void {
    if (this.outcomes.get(task)?.failed === true) this.failures -= 1;
    this.outcomes.delete(task);
  }
}
