interface Lane {
  free: number;
  readonly waiting: (() => void)[];
}

/** Runs work in lanes, so much at once in each and first come, first served: what is slow holds up nothing of another lane. */
export class Lanes {
  private readonly lanes = new Map<string, Lane>();

  /** @param width how many run at once in one lane, at least 1 */
  constructor(private readonly width: number) {}

  /** Ends as the work ends; the next one in its lane begins then. */
  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const lane = this.lanes.get(name) ?? { free: this.width, waiting: [] };
    this.lanes.set(name, lane);
    if (lane.free > 0) lane.free -= 1;
    else await new Promise<void>((begin) => lane.waiting.push(begin));
    try {
      return await work();
    } finally {
      const next = lane.waiting.shift();
      if (next === undefined) lane.free += 1;
      else next();
    }
  }
}
