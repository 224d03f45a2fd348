/** Milliseconds between two reads of what other replicas have published, should their message have been lost. */
const SYNC_MS = 500;

/** Reads what is new twice a second and whenever told to, one read at a time. */
export class PeriodicSync {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | null = null;
  private again = false;

  /** @param syncOnce must not reject */
  constructor(private readonly syncOnce: () => Promise<void>) {}

  start(): void {
    this.timer = setInterval(() => void this.sync(), SYNC_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Resolves when all that was published until now has been read. */
  sync(): Promise<void> {
    this.again = this.running !== null;
    this.running ??= this.run();
    return this.running;
  }

  private async run(): Promise<void> {
    do {
      this.again = false;
      await this.syncOnce();
      // Published meanwhile, and perhaps after what was read.
    } while (this.again);
    // At once: a moment later, a call in between would take the read that has ended for its own.
    this.running = null;
  }
}
