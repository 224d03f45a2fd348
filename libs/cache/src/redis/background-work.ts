/** Work that nobody waits for, within a bound on what it holds. */
export class BackgroundWork {
  readonly #bound: number;
  readonly #pending = new Set<Promise<unknown>>();
  #held = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  hasRoomFor(size: number): boolean {
    return this.#held + size <= this.#bound;
  }

  /** @param work must not reject */
  add(size: number, work: Promise<unknown>): void {
    this.#held += size;
    const ended = work.finally(() => {
      this.#held -= size;
      this.#pending.delete(ended);
    });
    this.#pending.add(ended);
  }

  /** Resolves when all of it has ended, also what was added in the meantime. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }
}
