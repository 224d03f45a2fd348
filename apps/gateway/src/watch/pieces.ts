import { setImmediate as nextPiece } from 'node:timers/promises';

/** Milliseconds for which work for many goes on before everything else gets its turn. */
const PIECE_MS = 5;
/** The same in callers. What is written for them goes to the network behind their piece, and takes several times as long. */
const PIECE_COUNT = 100;

/** Work for thousands of callers, cut into pieces: other requests are answered in between. */
export class Pieces {
  private began = performance.now();
  private done = 0;

  /** Counts one more caller. @returns whether it is time for {@link rest}: a promise for each of many would cost more than their work */
  count(): boolean {
    this.done += 1;
    return this.done >= PIECE_COUNT || performance.now() - this.began > PIECE_MS;
  }

  async rest(): Promise<void> {
    await nextPiece();
    this.began = performance.now();
    this.done = 0;
  }
}
