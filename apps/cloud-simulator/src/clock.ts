/** The time of the simulated clouds. */
export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Moves the clock; negative moves it back. */
  readonly advance: (milliseconds: number) => void;
  readonly reset: () => void;
}

/** Runs with the real time, plus what it was moved by: nobody has to sleep to see a task end or a token expire. */
export function createClock(): Clock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    advance(milliseconds) {
      offset += milliseconds;
    },
    reset() {
      offset = 0;
    },
  };
}
