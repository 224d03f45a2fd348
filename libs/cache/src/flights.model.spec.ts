import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Flights } from './flights.js';

/** One question in a plain model: who waits for it, and what has become of it. */
interface Question {
  readonly number: number;
  readonly waiting: Set<Passenger>;
  readonly settle: (failed: boolean) => void;
  readonly signal: AbortSignal;
}
interface Passenger {
  readonly controller: AbortController;
  readonly question: Question;
  outcome: string;
  expected: string;
}

const NAMES = ['a', 'b'] as const;
const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('everybody gets the answer to the question that was open, or leaves, and a question nobody waits for is called off', async () => {
  const step = fc.record({
    what: fc.constantFrom('join', 'join', 'join', 'leave', 'answer', 'fail'),
    name: fc.constantFrom(...NAMES),
    who: fc.nat(20),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const flights = new Flights<string>();
      const open = new Map<string, Question>();
      const all: Question[] = [];
      const passengers: Passenger[] = [];

      const ask = (signal: AbortSignal): Promise<string> =>
        new Promise((resolve, reject) => {
          const number = all.length;
          const settle = (failed: boolean): void =>
            failed ? reject(new Error(`failure ${number}`)) : resolve(`answer ${number}`);
          all.push({ number, waiting: new Set(), settle, signal });
        });

      async function join(name: string): Promise<void> {
        const controller = new AbortController();
        const present = open.get(name);
        const landed = flights.join(name, ask, controller.signal);
        const question = present ?? all.at(-1)!;
        open.set(name, question);
        const passenger = { controller, question, outcome: 'waits', expected: 'waits' };
        question.waiting.add(passenger);
        passengers.push(passenger);
        const { outcome } = await landed.then(
          ({ value, joined }) => ({ outcome: `${value} ${joined}` }),
          (error: Error) => ({ outcome: error.message }),
        );
        passenger.outcome = outcome;
      }

      for (const { what, name, who } of steps) {
        const question = open.get(name);
        if (what === 'join') void join(name);
        else if (what === 'leave') {
          const waiting = passengers.filter(({ expected }) => expected === 'waits');
          const leaver = waiting[who % Math.max(1, waiting.length)];
          if (leaver === undefined) continue;
          leaver.expected = `${who} left`;
          leaver.controller.abort(new Error(leaver.expected));
          leaver.question.waiting.delete(leaver);
          if (leaver.question.waiting.size === 0)
            for (const [each, present] of open) if (present === leaver.question) open.delete(each);
        } else if (question !== undefined) {
          question.settle(what === 'fail');
          const first = passengers.find((passenger) => passenger.question === question);
          for (const passenger of question.waiting)
            passenger.expected =
              what === 'fail' ? `failure ${question.number}` : `answer ${question.number} ${passenger !== first}`;
          open.delete(name);
        }
        await flush();
        expect(passengers.map(({ outcome }) => outcome)).toEqual(passengers.map(({ expected }) => expected));
        expect(all.map(({ signal }) => signal.aborted)).toEqual(all.map(({ waiting }) => waiting.size === 0));
      }
    }),
    { numRuns: 200 },
  );
});
