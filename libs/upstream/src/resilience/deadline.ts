import { UpstreamFault } from '../upstream-fault.js';
import { monotonicClock, type Clock } from './rolling-counter.js';

/** When the deadline behind a signal ends; a deadline within another knows the earlier end of both. */
const ends = new WeakMap<AbortSignal, number>();

/** Milliseconds until the deadline that handed out this signal; Infinity for other signals. */
export function remainingMs(signal: AbortSignal, now: Clock = monotonicClock): number {
  return (ends.get(signal) ?? Infinity) - now();
}

/**
 * Runs work under a deadline of `ms` milliseconds, joined with the caller's own signal.
 * Settles at once when either ends, even if the work does not listen.
 * @throws UpstreamFault `upstream-timeout` when the time is over
 * @throws the caller's reason when the caller aborted
 */
export function withDeadline<T>(
  ms: number,
  callerSignal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  now: Clock = monotonicClock,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    // Not AbortSignal.timeout: its timer cannot be cleared.
    const controller = new AbortController();
    const end = (reason: unknown): void => {
      release();
      reject(reason);
      controller.abort(reason);
    };
    const onCallerAbort = (): void => end(callerSignal?.reason);
    const timer = setTimeout(() => end(deadlinePassed()), ms);
    const release = (): void => {
      clearTimeout(timer);
      callerSignal?.removeEventListener('abort', onCallerAbort);
    };
    if (callerSignal?.aborted === true) return onCallerAbort();
    callerSignal?.addEventListener('abort', onCallerAbort, { once: true });
    const outerEnd = callerSignal === undefined ? undefined : ends.get(callerSignal);
    ends.set(controller.signal, Math.min(now() + ms, outerEnd ?? Infinity));
    const settle = (value: T): void => {
      release();
      resolve(value);
    };
    const fail = (reason: unknown): void => {
      release();
      reject(reason);
    };
    startWork(work, controller.signal).then(settle, fail);
  });
}

// Async, so that work that throws at once rejects like work that throws later.
async function startWork<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return work(signal);
}

function deadlinePassed(): UpstreamFault {
  return new UpstreamFault({ problem: 'upstream-timeout', detail: 'The upstream did not answer in time.' });
}
