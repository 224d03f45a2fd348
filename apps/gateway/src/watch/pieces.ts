import { setImmediate as nextPiece } from 'node:timers/promises';

/** Milliseconds for which work for many goes on before everything else gets its turn. */
const PIECE_MS = 5;

/** Work for thousands of callers, cut into pieces: other requests are answered in between. */
export class Pieces {
  private began = performance.now();

  /** Whether it is time for {@link rest}: a promise for each of many would cost more than their work. */
  get areLong(): boolean {
    return performance.now() - this.began > PIECE_MS;
  }

  async rest(): Promise<void> {
    await nextPiece();
    this.began = performance.now();
  }
}
