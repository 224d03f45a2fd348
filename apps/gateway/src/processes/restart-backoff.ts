/** Milliseconds before something that has died is started again: they double while it dies, and begin anew after a calm time. */
export class RestartBackoff {
  private delayMs = 0;
  private lastAt = -Infinity;

  constructor(
    private readonly ms: { readonly first: number; readonly last: number; readonly calm: number },
    private readonly now = () => performance.now(),
  ) {}

  next(): number {
    const { first, last, calm } = this.ms;
    const now = this.now();
    this.delayMs = now - this.lastAt > calm ? first : Math.min(2 * this.delayMs, last);
    this.lastAt = now;
    return this.delayMs;
  }
}
