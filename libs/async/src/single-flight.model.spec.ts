import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { SingleFlight } from './single-flight.js';

/** One piece of work in a plain model: its waiters, and what has become of it. */
interface Work {
  readonly number: number;
  readonly waiting: Set<Waiter>;
  readonly settle: (failed: boolean) => void;
  readonly signal: AbortSignal;
}
interface Waiter {
  readonly controller: AbortController;
  readonly work: Work;
  outcome: string;
  expected: string;
}

const NAMES = ['a', 'b'] as const;
const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('single flight: every waiter gets the result of the work that was under way, or leaves, and work without waiters is called off', async () => {
  const step = fc.record({
    what: fc.constantFrom('run', 'run', 'run', 'leave', 'answer', 'fail'),
    name: fc.constantFrom(...NAMES),
    who: fc.nat(20),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const flights = new SingleFlight<string>();
      const open = new Map<string, Work>();
      const all: Work[] = [];
      const waiters: Waiter[] = [];

      const start = (signal: AbortSignal): Promise<string> =>
        new Promise((resolve, reject) => {
          const number = all.length;
          const settle = (failed: boolean): void =>
            failed ? reject(new Error(`failure ${number}`)) : resolve(`answer ${number}`);
          all.push({ number, waiting: new Set(), settle, signal });
        });

      async function run(name: string): Promise<void> {
        const controller = new AbortController();
        const present = open.get(name);
        const result = flights.run(name, start, controller.signal);
        const work = present ?? all.at(-1)!;
        open.set(name, work);
        const waiter = { controller, work, outcome: 'waits', expected: 'waits' };
        work.waiting.add(waiter);
        waiters.push(waiter);
        const { outcome } = await result.then(
          ({ value, shared }) => ({ outcome: `${value} ${shared}` }),
          (error: Error) => ({ outcome: error.message }),
        );
        waiter.outcome = outcome;
      }

      for (const { what, name, who } of steps) {
        const work = open.get(name);
        if (what === 'run') void run(name);
        else if (what === 'leave') {
          const waiting = waiters.filter(({ expected }) => expected === 'waits');
          const leaver = waiting[who % Math.max(1, waiting.length)];
          if (leaver === undefined) continue;
          leaver.expected = `${who} left`;
          leaver.controller.abort(new Error(leaver.expected));
          leaver.work.waiting.delete(leaver);
          if (leaver.work.waiting.size === 0)
            for (const [each, present] of open) if (present === leaver.work) open.delete(each);
        } else if (work !== undefined) {
          work.settle(what === 'fail');
          const first = waiters.find((waiter) => waiter.work === work);
          for (const waiter of work.waiting)
            waiter.expected = what === 'fail' ? `failure ${work.number}` : `answer ${work.number} ${waiter !== first}`;
          open.delete(name);
        }
        await flush();
        expect(waiters.map(({ outcome }) => outcome)).toEqual(waiters.map(({ expected }) => expected));
        expect(all.map(({ signal }) => signal.aborted)).toEqual(all.map(({ waiting }) => waiting.size === 0));
      }
    }),
    { numRuns: 200 },
  );
});
