import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { readAnswer } from '@gateway/tasks';
import type { Provider, TaskData } from '@gateway/tasks';
import { takesBearer } from '../address.js';
import { startSimulator } from '../simulator.js';
import type { Simulator } from '../simulator.js';
import { addressesOf, ask, askWithToken, tokenFor } from '../testing/ask.js';
import { OUTCOMES } from '../tasks/living-task.js';
import { SERVICES } from './index.js';

const MINUTE_MS = 60_000;
const ENDS = { succeeded: 'success', partial: 'partial', failed: 'failure', cancelled: 'cancelled' } as const;

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
afterEach(() => simulator.control.reset());

/** What the gateway would read. */
async function look(provider: Provider, id: string): Promise<TaskData> {
  const [address = ''] = addressesOf(provider, id);
  const token = tokenFor(simulator);
  const { body } = takesBearer(provider)
    ? await ask(simulator, address, { headers: { Authorization: `Bearer ${token}` } })
    : await askWithToken(simulator, address, token);
  const reading = readAnswer(provider, body, id);
  if (reading.kind !== 'task') throw new Error(`${reading.kind}: ${JSON.stringify(body)}`);
  return reading.task;
}

describe.each(SERVICES.map((dialect) => [dialect.provider.id, dialect] as const))('%s', (service, dialect) => {
  const { provider } = dialect;
  const outcomes = OUTCOMES.filter((outcome) => dialect.outcomes(dialect.defaultType(outcome)).includes(outcome));

  it('each of its addresses: belongs to it alone', async () => {
    const addresses = addressesOf(provider, dialect.ids.make());
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) await ask(simulator, address);
    expect(simulator.control.requests().map((request) => request.service)).toEqual(addresses.map(() => service));
  });

  it('tasks: can succeed and fail', () => {
    expect(outcomes).toEqual(expect.arrayContaining(['succeeded', 'failed']));
  });

  it.each(outcomes)('a task that ends %s: is read so at every moment', async (outcome) => {
    const type = dialect.defaultType(outcome);
    const times = { queuedMs: MINUTE_MS, runningMs: 2 * MINUTE_MS };
    const typed = type === '' ? {} : { type };
    const { id } = simulator.control.createTask({ service, ...typed, outcome, ...times });
    const seen: TaskData[] = [];
    for (let minute = 0; minute < 5; minute += 2) {
      seen.push(await look(provider, id));
      simulator.control.advanceClock({ advanceMs: 2 * MINUTE_MS });
    }
    const waits = Object.values(provider.statuses).includes('pending');
    expect(seen.map(({ status }) => status).slice(0, 2)).toEqual([waits ? 'pending' : 'running', 'running']);
    expect(seen[2]?.outcome).toBe(ENDS[outcome]);
    expect(new Set(seen.map((task) => task.type))).toEqual(new Set([type === '' ? null : type]));
  });
});

describe('a service that nothing but its provider describes', () => {
  const evs = PROVIDERS.find(({ id }) => id === 'evs') as Provider;

  it('times of a task: are those of the clock', async () => {
    const created = simulator.control.advanceClock({ advanceMs: 1 });
    const times = { queuedMs: MINUTE_MS, runningMs: MINUTE_MS };
    const { id } = simulator.control.createTask({ service: 'evs', ...times });
    simulator.control.advanceClock({ advanceMs: 1.5 * MINUTE_MS });
    const running = await look(evs, id);
    simulator.control.advanceClock({ advanceMs: 5 * MINUTE_MS });
    const { startedAt, endedAt } = await look(evs, id);
    expect(running).toMatchObject({ startedAt, endedAt: null });
    expect(Date.parse(startedAt ?? '')).toBeGreaterThanOrEqual(created);
    expect(Date.parse(endedAt ?? '') - Date.parse(startedAt ?? '')).toBe(2 * MINUTE_MS);
  });

  it('two tasks: have made two things, each the same at every look', async () => {
    const make = (outcome: 'succeeded' | 'partial') => simulator.control.createTask({ service: 'evs', outcome }).id;
    for (const outcome of ['succeeded', 'partial'] as const) {
      const [first, second] = [make(outcome), make(outcome)];
      const ids = async (id: string) => {
        const { resources, children } = await look(evs, id);
        return [...resources, ...children].map((thing) => thing.id);
      };
      const seen = await ids(first);
      expect(await ids(first)).toEqual(seen);
      expect(seen.length).toBeGreaterThan(0);
      const others = await ids(second);
      expect(seen.filter((id) => others.includes(id))).toEqual([]);
    }
  });

  it('a type that its examples do not show: is drawn as one that they show', async () => {
    const { id } = simulator.control.createTask({ service: 'evs', type: 'extendVolume', outcome: 'failed' });
    expect(await look(evs, id)).toMatchObject({ type: 'extendVolume', status: 'failed' });
  });
});
