interface Bulkhead {
  free: number;
  readonly waiting: (() => void)[];
}

/** A bulkhead for each name: so much work at once, first come, first served. What is slow holds up nothing of another name. */
export class Bulkheads {
  private readonly byName = new Map<string, Bulkhead>();

  /** @param places how many run at once in each, at least 1 */
  constructor(private readonly places: number) {}

  /** Ends as the work ends; the next one in its bulkhead begins then. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const bulkhead = this.byName.get(name) ?? { free: this.places, waiting: [] };
    this.byName.set(name, bulkhead);
    if (bulkhead.free > 0) bulkhead.free -= 1;
    else await new Promise<void>((begin) => bulkhead.waiting.push(begin));
    try {
      return await work();
    } finally {
      const next = bulkhead.waiting.shift();
      if (next === undefined) bulkhead.free += 1;
      else next();
    }
  }
}
