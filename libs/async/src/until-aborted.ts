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
