import { beforeEach, describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { Flights } from './flights.js';

interface Asked {
  readonly signal: AbortSignal;
  readonly answer: (value: string) => void;
  readonly fail: (error: Error) => void;
}

let flights: Flights<string>;
let asked: Asked[];

beforeEach(() => {
  flights = new Flights();
  asked = [];
});

const ask = (signal: AbortSignal): Promise<string> =>
  new Promise((answer, fail) => {
    asked.push({ signal, answer, fail });
  });
const join = (signal = new AbortController().signal, name = 'a') => flights.join(name, ask, signal);

describe('flights', () => {
  it('ask once for all who ask at one time, and tell who joined', async () => {
    const joined = [join(), join(), join()];
    asked[0]?.answer('x');
    await expect(Promise.all(joined)).resolves.toEqual([
      { value: 'x', joined: false },
      { value: 'x', joined: true },
      { value: 'x', joined: true },
    ]);
    expect(asked).toHaveLength(1);
  });

  it('keep different questions apart', async () => {
    const [a, b] = [join(), join(undefined, 'b')];
    asked[1]?.answer('of b');
    asked[0]?.answer('of a');
    await expect(Promise.all([a, b])).resolves.toMatchObject([{ value: 'of a' }, { value: 'of b' }]);
  });

  it('remember nothing', async () => {
    for (const value of ['x', 'y']) {
      const landed = join();
      asked.at(-1)?.answer(value);
      await expect(landed).resolves.toEqual({ value, joined: false });
    }
  });

  it('share a failure, and remember none', async () => {
    const joined = [join(), join()];
    const failure = new Error('upstream');
    asked[0]?.fail(failure);
    for (const one of joined) await expect(one).rejects.toBe(failure);
    const again = join();
    asked[1]?.answer('x');
    await expect(again).resolves.toEqual({ value: 'x', joined: false });
  });

  it('let one leave alone', async () => {
    const leaver = new AbortController();
    const [one, other] = [join(leaver.signal), join()];
    const reason = new Error('gone');
    leaver.abort(reason);
    await expect(one).rejects.toBe(reason);
    expect(asked[0]?.signal.aborted).toBe(false);
    asked[0]?.answer('x');
    await expect(other).resolves.toEqual({ value: 'x', joined: true });
  });

  it('are called off when the last one leaves, and whoever comes then starts anew', async () => {
    const leavers = [new AbortController(), new AbortController()];
    const joined = leavers.map(({ signal }) => join(signal));
    leavers[0]?.abort(new Error('first'));
    await expect(joined[0]).rejects.toThrow('first');
    expect(asked[0]?.signal.aborted).toBe(false);
    leavers[1]?.abort(new Error('last'));
    await expect(joined[1]).rejects.toThrow('last');
    expect(asked[0]?.signal.reason).toEqual(new Error('last'));
    const newcomer = join();
    expect(asked).toHaveLength(2);
    // The end of the old one is not the end of the new one.
    asked[0]?.fail(new Error('called off'));
    await expect(Promise.race([newcomer, new Promise((resolve) => setImmediate(resolve, 'open'))])).resolves.toBe(
      'open',
    );
    const another = join();
    asked[1]?.answer('x');
    await expect(newcomer).resolves.toEqual({ value: 'x', joined: false });
    await expect(another).resolves.toEqual({ value: 'x', joined: true });
  });

  it('are not called off after they have ended, in one way or the other', async () => {
    const ended = [join(), join(undefined, 'b')];
    asked[0]?.answer('x');
    asked[1]?.fail(new Error('upstream'));
    await Promise.allSettled(ended);
    expect(asked.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });

  it('do not take anybody who has gone already', async () => {
    await expect(join(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(asked).toHaveLength(0);
  });

  it('pass on what is thrown before there is a promise, and leave nothing behind', async () => {
    const broken = (): never => {
      throw new Error('broken');
    };
    await expect(flights.join('a', broken, new AbortController().signal)).rejects.toThrow('broken');
    const landed = join();
    asked[0]?.answer('x');
    await expect(landed).resolves.toEqual({ value: 'x', joined: false });
  });

  it('leave no listener behind', async () => {
    const { signal } = new AbortController();
    const joined = [join(signal), join(signal)];
    asked[0]?.answer('x');
    await Promise.all(joined);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
