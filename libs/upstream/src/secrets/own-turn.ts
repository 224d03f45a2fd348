/** Bytes from which on work on a text takes milliseconds. */
const LARGE = 64 * 1024;

let last: Promise<void> = Promise.resolve();

/**
 * Resolves in a turn of the event loop in which it resolves for nobody else, so that others are served in between however
 * many have long work at once; at once for work on a small text.
 */
export async function ownTurn(bytes: number): Promise<void> {
  if (bytes < LARGE) return;
  last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
  await last;
}
