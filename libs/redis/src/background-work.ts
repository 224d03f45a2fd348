/** Work that nobody waits for, within a bound on what it holds. */
export class BackgroundWork {
  private readonly pending = new Set<Promise<unknown>>();
  private held = 0;

  constructor(private readonly bound: number) {}

  hasRoomFor(size: number): boolean {
    return this.held + size <= this.bound;
  }

  /** @param work must not reject */
  add(size: number, work: Promise<unknown>): void {
    this.held += size;
    const ended = work.finally(() => {
      this.held -= size;
      this.pending.delete(ended);
    });
    this.pending.add(ended);
  }

  /** Resolves when all of it has ended, also what was added in the meantime. */
  async settled(): Promise<void> {
    while (this.pending.size > 0) await Promise.all(this.pending);
  }
}
