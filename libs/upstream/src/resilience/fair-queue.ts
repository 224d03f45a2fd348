/** Lines of waiters that are served in turn, one of each line; first come, first served within a line. */
export class FairQueue<T> {
  private readonly lines = new Map<string, Set<T>>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  add(line: string, waiter: T): void {
    const waiters = this.lines.get(line);
    if (waiters === undefined) this.lines.set(line, new Set([waiter]));
    else waiters.add(waiter);
    this.count += 1;
  }

  /** Does nothing where the waiter has left already. */
  delete(line: string, waiter: T): void {
    const waiters = this.lines.get(line);
    if (waiters?.delete(waiter) !== true) return;
    this.count -= 1;
    if (waiters.size === 0) this.lines.delete(line);
  }

  /** Takes the waiter whose turn it is out of the queue; undefined where nobody waits. */
  next(): T | undefined {
    for (const [line, waiters] of this.lines) {
      const [waiter] = waiters;
      if (waiter === undefined) continue;
      this.delete(line, waiter);
      // Behind all the others.
      if (this.lines.delete(line)) this.lines.set(line, waiters);
      return waiter;
    }
    return undefined;
  }
}
