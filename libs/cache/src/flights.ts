/** An answer, and whether the question was under way already. */
export interface Landed<T> {
  readonly value: T;
  readonly joined: boolean;
}

interface Flight<T> {
  readonly answer: Promise<T>;
  readonly controller: AbortController;
  passengers: number;
}

/**
 * Identical questions at one time are asked once. Whoever leaves alone leaves the others undisturbed; when nobody is
 * left, the question is called off.
 */
export class Flights<T> {
  readonly #flights = new Map<string, Flight<T>>();

  /**
   * @param name equal for questions whose answers, and failures, are the same for all who ask
   * @param ask its signal aborts when nobody waits any more
   * @throws the signal's reason when this one leaves; what `ask` throws
   */
  async join(name: string, ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<Landed<T>> {
    signal.throwIfAborted();
    const present = this.#flights.get(name);
    const flight = present ?? this.#start(name, ask);
    flight.passengers += 1;
    let leave = (): void => undefined;
    const gone = new Promise<never>((_resolve, reject) => {
      leave = () => reject(signal.reason as Error);
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      return { value: await Promise.race([flight.answer, gone]), joined: present !== undefined };
    } finally {
      signal.removeEventListener('abort', leave);
      flight.passengers -= 1;
      if (flight.passengers === 0 && this.#flights.get(name) === flight) {
        // Whoever comes now starts anew, and is not told that this one was called off.
        this.#flights.delete(name);
        flight.controller.abort(signal.reason);
      }
    }
  }

  #start(name: string, ask: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const answer = ask(controller.signal).finally(() => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    });
    // Those who wait hear of a failure; when nobody does, it is nobody's.
    answer.catch(() => undefined);
    const flight = { answer, controller, passengers: 0 };
    this.#flights.set(name, flight);
    return flight;
  }
}
