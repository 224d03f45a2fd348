import type { Clock } from '@gateway/async';
import type { UpstreamSettings } from '../upstream-settings.js';

/** So many tasks are judged by: enough for a steady share, few enough to notice an outage within as many requests. */
const SAMPLE = 100;
const MAX_SAMPLE = 10_000;

/** How the last attempt about each of the most recent tasks ended: many answers about one task are one. */
export class RecentOutcomes {
  /** Oldest first. */
  private readonly outcomes = new Map<string, { readonly at: number; readonly failed: boolean }>();
  private readonly limit: number;
  private failures = 0;

  constructor(
    private readonly settings: Pick<UpstreamSettings, 'breakerMinimumRequests' | 'breakerWindowMs'>,
    private readonly now: Clock,
  ) {
    this.limit = Math.min(MAX_SAMPLE, Math.max(SAMPLE, 5 * settings.breakerMinimumRequests));
  }

  note(task: string, failed: boolean): void {
    this.delete(task);
    this.outcomes.set(task, { at: this.now(), failed });
    if (failed) this.failures += 1;
    const [oldest] = this.outcomes.keys();
    if (this.outcomes.size > this.limit && oldest !== undefined) this.delete(oldest);
  }

  /** Share of tasks that failed within the window, 0 to 1; 0 while they are too few to judge by. */
  failedShare(): number {
    const { breakerMinimumRequests, breakerWindowMs } = this.settings;
    const oldest = this.now() - breakerWindowMs;
    for (const [task, { at }] of this.outcomes) {
      if (at > oldest) break;
      this.delete(task);
    }
    const { size } = this.outcomes;
    return size < breakerMinimumRequests ? 0 : this.failures / size;
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
