/** Milliseconds between two looks at what other replicas have told, should their message have been lost. */
const LOOK_MS = 500;

/** Looks for news twice a second and whenever told to, one look at a time. */
export class Lookout {
  readonly #lookOnce: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | null = null;
  #again = false;

  /** @param lookOnce must not reject */
  constructor(lookOnce: () => Promise<void>) {
    this.#lookOnce = lookOnce;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when all that was told until now has been seen. */
  look(): Promise<void> {
    this.#again = this.#looking !== null;
    this.#looking ??= this.#lookOn().finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #lookOn(): Promise<void> {
    do {
      this.#again = false;
      await this.#lookOnce();
      // Told of more meanwhile, which may have come after what was read.
    } while (this.#again);
  }
}
