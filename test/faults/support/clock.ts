import { jest } from '@jest/globals';

/** The clocks of this process, moved ahead by hand: nobody has to wait for a pause or for a token to age. */
export interface MovedClock {
  readonly advance: (ms: number) => void;
  readonly restore: () => void;
}

/** Takes effect on what is created afterwards. */
export function moveClocks(): MovedClock {
  let ahead = 0;
  const wall = Date.now.bind(Date);
  const monotonic = performance.now.bind(performance);
  const spies = [
    jest.spyOn(Date, 'now').mockImplementation(() => wall() + ahead),
    jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + ahead),
  ];
  return {
    advance: (ms) => {
      ahead += ms;
    },
    restore: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}
