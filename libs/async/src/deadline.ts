/** A clock in milliseconds that never goes back. */
export type Clock = () => number;

export const monotonicClock: Clock = () => performance.now();

/** How long work may take that passes through several hands: made once, at the edge, and passed down. */
export interface Deadline {
  /** Aborts when the time is over, with the reason that the deadline was made with, or with the caller's. */
  readonly signal: AbortSignal;
  /** When the time is over, by the monotonic clock. */
  readonly endsAt: number;
}

/**
 * Runs work under a deadline of `ms` milliseconds, which ends no later than the outer one. Settles at once when either
 * ends, even if the work does not listen; leaves no timer and no listener behind.
 * @param outer a deadline around this one, or only the signal of a caller who may leave
 * @param timeout makes the reason of an end by time
 * @throws the reason that the signal aborted with; what the work throws
 */
export async function withDeadline<T>(
  ms: number,
  outer: Partial<Deadline>,
  timeout: () => Error,
  work: (deadline: Deadline) => Promise<T>,
  now: Clock = monotonicClock,
): Promise<T> {
  outer.signal?.throwIfAborted();
  const endsAt = Math.min(now() + ms, outer.endsAt ?? Infinity);
  // Neither `AbortSignal.timeout`, whose timer cannot be cleared, nor `AbortSignal.any`, which stays with the outer signal.
  const controller = new AbortController();
  const { signal } = controller;
  const onOuterAbort = (): void => controller.abort(outer.signal?.reason);
  const timer = setTimeout(() => controller.abort(timeout()), Math.max(0, endsAt - now()));
  outer.signal?.addEventListener('abort', onOuterAbort, { once: true });
  try {
    return await untilAborted(work({ signal, endsAt }), signal);
  } finally {
    clearTimeout(timer);
    outer.signal?.removeEventListener('abort', onOuterAbort);
  }
}

/**
 * Waits for work that others may share: an abort ends the waiting, not the work. Leaves no listener behind.
 * @throws the signal's reason; what the work throws
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    const release = (): void => signal.removeEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    // Also of work that nobody waits for any more: a failure of it is nobody's.
    work.finally(release).then(resolve, reject);
  });
}
