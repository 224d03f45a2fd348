/** Counts what callers hold open, such as streams: so much each, and so much in this process. */
export class CallerLimits {
  private readonly counts = new Map<string, number>();
  private total = 0;

  constructor(
    private readonly perCaller: number,
    private readonly max: number,
  ) {}

  /** How many there are. */
  get size(): number {
    return this.total;
  }

  /** Takes a place for a principal, until {@link leave}; else says which limit has been reached. */
  enter(principal: string): 'entered' | 'caller' | 'process' {
    const held = this.counts.get(principal) ?? 0;
    if (held >= this.perCaller) return 'caller';
    if (this.total >= this.max) return 'process';
    this.counts.set(principal, held + 1);
    this.total += 1;
    return 'entered';
  }

  /** Gives one place back, once for each that was taken. */
  leave(principal: string): void {
    const held = this.counts.get(principal) ?? 0;
    if (held > 1) this.counts.set(principal, held - 1);
    else this.counts.delete(principal);
    this.total -= 1;
  }
}
