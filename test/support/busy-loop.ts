/** Milliseconds: more than the interval of any timer that tells how late this process is. */
const TURN_MS = 150;

/** Keeps this process so busy that all else comes late, until what it returns is called. */
export function keepBusy(): () => void {
  const turn = (): void => {
    const end = performance.now() + TURN_MS;
    while (performance.now() < end);
    timer = setImmediate(turn);
  };
  let timer = setImmediate(turn);
  return () => clearImmediate(timer);
}
