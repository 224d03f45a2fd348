/** How one provider in one region is asked. Times in milliseconds. */
export interface UpstreamSettings {
  /** TCP and TLS handshake. */
  readonly connectMs: number;
  /** One attempt, from the first byte sent to the last byte read. */
  readonly attemptMs: number;
  /** Everything together: queue, login, attempts, pauses and bodies. */
  readonly requestMs: number;
  /** Attempts after the first. */
  readonly retries: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** Share of requests that may be repeated, 0 to 1. */
  readonly retryBudgetRatio: number;
  /** Repeats that are always in the budget. */
  readonly retryBudgetMinimum: number;
  readonly breakerWindowMs: number;
  /** Different tasks in the window before the breaker judges. */
  readonly breakerMinimumRequests: number;
  /** Share of failing tasks from which on requests are held back, the more the more fail, 0 to 1. */
  readonly breakerFailureRatio: number;
  /** The pause where nearly all tasks fail. */
  readonly breakerOpenMs: number;
  /** The open time doubles up to this. */
  readonly breakerMaxOpenMs: number;
  /** Probes after a pause; one that is answered closes the breaker. */
  readonly breakerProbes: number;
  /** Attempts under way at once. */
  readonly concurrency: number;
  /** Longest wait for a place. */
  readonly queueMs: number;
}

export const DEFAULT_UPSTREAM_SETTINGS: UpstreamSettings = {
  connectMs: 1_000,
  attemptMs: 4_000,
  requestMs: 9_000,
  retries: 2,
  backoffBaseMs: 100,
  backoffCapMs: 1_000,
  retryBudgetRatio: 0.2,
  retryBudgetMinimum: 3,
  breakerWindowMs: 30_000,
  breakerMinimumRequests: 20,
  breakerFailureRatio: 0.5,
  breakerOpenMs: 5_000,
  breakerMaxOpenMs: 60_000,
  breakerProbes: 3,
  concurrency: 64,
  queueMs: 2_000,
};
