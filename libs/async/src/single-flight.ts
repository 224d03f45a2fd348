import { untilAborted } from './deadline.js';

/** What came of work, and whether it was under way already: the first who asked has it unshared. */
export interface Shared<T> {
  readonly value: T;
  readonly shared: boolean;
}

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiters: number;
}

/** Runs work of one key once for all who ask for it at one time, and remembers nothing of it. */
export class SingleFlight<T> {
  private readonly flights = new Map<string, Flight<T>>();

  /**
   * Starts the work, or waits for the one that is under way. A waiter who leaves leaves the others undisturbed; when the
   * last has left, the work is called off, and whoever comes then starts anew.
   * @param key equal for work whose result, and failure, are the same for all who ask
   * @param work its signal aborts when nobody waits any more, with the reason of the last who left, and when it is dropped
   * @param signal of this waiter; without one it never leaves
   * @throws the reason of `signal`; what `work` throws
   */
  async run(key: string, work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<Shared<T>> {
    signal?.throwIfAborted();
    const present = this.flights.get(key);
    const flight = present ?? this.start(key, work);
    flight.waiters += 1;
    try {
      return { value: await untilAborted(flight.result, signal), shared: present !== undefined };
    } finally {
      flight.waiters -= 1;
      if (flight.waiters === 0 && this.flights.get(key) === flight) {
        this.flights.delete(key);
        flight.controller.abort(signal?.reason);
      }
    }
  }

  /** Lets nobody share the work any more, and aborts its signal; those who wait for it wait on. */
  drop(key: string): void {
    const flight = this.flights.get(key);
    this.flights.delete(key);
    flight?.controller.abort();
  }

  private start(key: string, work: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const result = work(controller.signal).finally(() => {
      if (this.flights.get(key) === flight) this.flights.delete(key);
    });
    // Waiters get a failure; one that nobody waits for is nobody's.
    result.catch(() => undefined);
    const flight = { result, controller, waiters: 0 };
    this.flights.set(key, flight);
    return flight;
  }
}
