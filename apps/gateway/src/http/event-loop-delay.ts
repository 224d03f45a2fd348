/** Milliseconds between two looks. */
const LOOK_MS = 100;
/** Looks in a row that have to be late: one alone is a collection of garbage, a large answer, or a start. */
const LATE_LOOKS = 2;

/** How late this process comes to what it has to do: a timer tells, which is late itself then. */
export class EventLoopDelay {
  private lateLooks = 0;
  private lastLook = processMs();
  private readonly timer: NodeJS.Timeout;

  /** @param maxMs may change at any time; 0 for however late */
  constructor(private readonly maxMs: () => number) {
    this.timer = setInterval(() => this.look(processMs()), LOOK_MS).unref();
  }

  /** Whether it is later than it may be. Ends with the first look that is in time. */
  get isTooLate(): boolean {
    return this.lateLooks >= LATE_LOOKS;
  }

  /** @param now milliseconds of the process */
  look(now: number): void {
    const maxMs = this.maxMs();
    const isLate = maxMs > 0 && now - this.lastLook - LOOK_MS > maxMs;
    this.lateLooks = isLate ? this.lateLooks + 1 : 0;
    this.lastLook = now;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Not the clock that tests move: a jump of it is no delay. */
function processMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
