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

  /** Takes a place for an account, until {@link leave}; else says which limit has been reached. */
  enter(account: string): 'entered' | 'caller' | 'process' {
    const held = this.counts.get(account) ?? 0;
    if (held >= this.perCaller) return 'caller';
    if (this.total >= this.max) return 'process';
    this.counts.set(account, held + 1);
    this.total += 1;
    return 'entered';
  }

  /** Gives one place back, once for each that was taken. */
  leave(account: string): void {
    const held = this.counts.get(account) ?? 0;
    if (held > 1) this.counts.set(account, held - 1);
    else this.counts.delete(account);
    this.total -= 1;
  }
}
