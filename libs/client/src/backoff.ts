const BASE_MS = 500;
const CAP_MS = 30_000;
/** Timers take little more. */
export const LONGEST_MS = 2e9;

/** Full jitter: anything between nothing and a bound that doubles with each failure in a row; milliseconds. */
export function backoffMs(failures: number, random: () => number): number {
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** failures);
}

/** Waits. Rejects with the signal's reason as soon as it aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', leave);
        resolve();
      },
      Math.min(ms, LONGEST_MS),
    );
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave);
  });
}
