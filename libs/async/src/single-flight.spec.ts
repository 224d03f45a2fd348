import { beforeEach, describe, expect, it } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { SingleFlight } from './single-flight.js';

interface Started {
  readonly signal: AbortSignal;
  readonly answer: (value: string) => void;
  readonly fail: (error: Error) => void;
}

let flights: SingleFlight<string>;
let started: Started[];

beforeEach(() => {
  flights = new SingleFlight();
  started = [];
});

const work = (signal: AbortSignal): Promise<string> =>
  new Promise((answer, fail) => {
    started.push({ signal, answer, fail });
  });
const run = (signal = new AbortController().signal, name = 'a') => flights.run(name, work, signal);

describe('single flight', () => {
  it('work under way: runs once for all who ask for it, and tells who shares it', async () => {
    const results = [run(), run(), run()];
    started[0]?.answer('x');
    await expect(Promise.all(results)).resolves.toEqual([
      { value: 'x', shared: false },
      { value: 'x', shared: true },
      { value: 'x', shared: true },
    ]);
    expect(started).toHaveLength(1);
  });

  it('different keys: run apart', async () => {
    const [a, b] = [run(), run(undefined, 'b')];
    started[1]?.answer('of b');
    started[0]?.answer('of a');
    await expect(Promise.all([a, b])).resolves.toMatchObject([{ value: 'of a' }, { value: 'of b' }]);
  });

  it('work that has ended: runs anew', async () => {
    for (const value of ['x', 'y']) {
      const result = run();
      started.at(-1)?.answer(value);
      await expect(result).resolves.toEqual({ value, shared: false });
    }
  });

  it('failure: shared by all waiters, and not remembered', async () => {
    const results = [run(), run()];
    const failure = new Error('upstream');
    started[0]?.fail(failure);
    for (const one of results) await expect(one).rejects.toBe(failure);
    const again = run();
    started[1]?.answer('x');
    await expect(again).resolves.toEqual({ value: 'x', shared: false });
  });

  it('one waiter leaves: the others go on', async () => {
    const leaver = new AbortController();
    const [one, other] = [run(leaver.signal), run()];
    const reason = new Error('gone');
    leaver.abort(reason);
    await expect(one).rejects.toBe(reason);
    expect(started[0]?.signal.aborted).toBe(false);
    started[0]?.answer('x');
    await expect(other).resolves.toEqual({ value: 'x', shared: true });
  });

  it('last waiter leaves: the work is called off, and whoever comes then starts anew', async () => {
    const leavers = [new AbortController(), new AbortController()];
    const results = leavers.map(({ signal }) => run(signal));
    leavers[0]?.abort(new Error('first'));
    await expect(results[0]).rejects.toThrow('first');
    expect(started[0]?.signal.aborted).toBe(false);
    leavers[1]?.abort(new Error('last'));
    await expect(results[1]).rejects.toThrow('last');
    expect(started[0]?.signal.reason).toEqual(new Error('last'));
    const newcomer = run();
    expect(started).toHaveLength(2);
    // The end of the old one is not the end of the new one.
    started[0]?.fail(new Error('called off'));
    await expect(Promise.race([newcomer, new Promise((resolve) => setImmediate(resolve, 'open'))])).resolves.toBe(
      'open',
    );
    const another = run();
    started[1]?.answer('x');
    await expect(newcomer).resolves.toEqual({ value: 'x', shared: false });
    await expect(another).resolves.toEqual({ value: 'x', shared: true });
  });

  it('work that has ended, in one way or the other: is not called off', async () => {
    const ended = [run(), run(undefined, 'b')];
    started[0]?.answer('x');
    started[1]?.fail(new Error('upstream'));
    await Promise.allSettled(ended);
    expect(started.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });

  it('waiter that has left already: starts nothing', async () => {
    await expect(run(AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    expect(started).toHaveLength(0);
  });

  it('dropped work: waiters wait on, and whoever comes then starts anew', async () => {
    const waiter = run();
    flights.drop('a');
    expect(started[0]?.signal.aborted).toBe(true);
    const newcomer = run();
    started[0]?.answer('old');
    started[1]?.answer('new');
    await expect(waiter).resolves.toEqual({ value: 'old', shared: false });
    await expect(newcomer).resolves.toEqual({ value: 'new', shared: false });
  });

  it('work that throws before there is a promise: fails, and leaves nothing behind', async () => {
    const broken = (): never => {
      throw new Error('broken');
    };
    await expect(flights.run('a', broken, new AbortController().signal)).rejects.toThrow('broken');
    const result = run();
    started[0]?.answer('x');
    await expect(result).resolves.toEqual({ value: 'x', shared: false });
  });

  it('result: leaves no listener behind', async () => {
    const { signal } = new AbortController();
    const results = [run(signal), run(signal)];
    started[0]?.answer('x');
    await Promise.all(results);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
