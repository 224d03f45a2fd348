import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { Leases } from './leases.js';
import type { LeaseQuestion, Turn } from './leases.js';
import { EVENTS_CHANNEL, taskNames } from './keys.js';
import { FakeRedis, refuse } from '../../redis/src/testing/fake-redis.js';
import { START, connectedTo, addressOf } from './testing/fake-stores.js';

const NAMES = taskNames(addressOf('a'), 'alice');
const WRITE = { name: NAMES.result, text: 'text', ttlMs: 5_000, ended: 'a' };
const [ENTER, LEAVE, RENEW] = [6, 7, 2];
const QUESTION: LeaseQuestion = {
  names: NAMES,
  generations: () => ({ result: 'g', negative: 'n' }),
  isReadable: () => true,
  now: () => START + 0.5,
};

let redis: FakeRedis;
let process: Awaited<ReturnType<typeof connectedTo>>;
let leases: Leases;
/** What the server says to each who asks for the lease, in turn; the last is repeated. */
let says: (readonly string[])[];
let scripts: (readonly string[])[];
let caller: AbortController;

beforeEach(async () => {
  redis = new FakeRedis();
  process = await connectedTo(redis);
  leases = new Leases(process.redis, process.now);
  says = [['lead']];
  scripts = [];
  redis.answer = (args) => {
    scripts.push(args);
    if (args.length !== ENTER) return 1;
    return says.length > 1 ? says.shift() : says[0];
  };
  caller = new AbortController();
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

const take = (patienceMs = 5_000, question = QUESTION): Promise<Turn> =>
  leases.take(question, patienceMs, caller.signal);
const sent = (kind: number): readonly (readonly string[])[] => scripts.filter(({ length }) => length === kind);
const settle = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

function expectNothingLeft(): void {
  expect(jest.getTimerCount()).toBe(0);
  expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
}

describe('a turn', () => {
  it('is everybody’s without Redis, and while it is away', async () => {
    await expect(new Leases(null, process.now).take(QUESTION, 5_000, caller.signal)).resolves.toEqual({
      kind: 'lead',
      lease: null,
      waited: false,
    });
    redis.listener.onLost(undefined);
    await expect(take()).resolves.toEqual({ kind: 'lead', lease: null, waited: false });
    expect(scripts).toEqual([]);
  });

  it.each(['OOM', 'READONLY', 'LOADING', 'ERR'])('is everybody’s when Redis refuses: %s', async (word) => {
    redis.behave = refuse(word, 'tgEnter');
    await expect(take()).resolves.toEqual({ kind: 'lead', lease: null, waited: false });
    expectNothingLeft();
  });

  it('is asked for with all that decides', async () => {
    await take(5_000, { ...QUESTION, isReadable: () => Promise.resolve(false) });
    const [owner] = sent(ENTER)[0]?.slice(4) ?? [];
    expect(redis.sent).toEqual([`tgEnter ${NAMES.result},${NAMES.negative},${NAMES.lease}`]);
    expect(sent(ENTER)).toEqual([[String(START), 'g', 'n', '0', owner, '1000']]);
    await take();
    expect(sent(ENTER)[1]?.[3]).toBe('1');
    await new Leases(process.redis, process.now).take(QUESTION, 5_000, caller.signal);
    expect(new Set(sent(ENTER).map((args) => args[4])).size).toBe(3);
  });

  it.each(['result', 'negative'])('may bring what is stored already: %s', async (kind) => {
    says = [[kind, 'text']];
    await expect(take()).resolves.toEqual({ kind, text: 'text', waited: false });
    expectNothingLeft();
  });

  it('passes on why something is not readable, and holds nothing then', async () => {
    const isReadable = (): Promise<boolean> => Promise.reject(new Error('refused'));
    await expect(take(5_000, { ...QUESTION, isReadable })).rejects.toThrow('refused');
    expect(scripts).toEqual([]);
    expectNothingLeft();
  });
});

describe('a lease', () => {
  it('is renewed until it is given back with what is to be stored', async () => {
    const turn = await take();
    if (turn.kind !== 'lead' || turn.lease === null) throw new Error('no lease');
    const { owner } = turn.lease;
    await jest.advanceTimersByTimeAsync(950);
    expect(sent(RENEW)).toEqual(Array.from({ length: 3 }, () => [owner, '1000']));
    redis.sent.length = 0;
    leases.leave(turn.lease, WRITE);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(redis.sent).toEqual([`tgLeave ${NAMES.result},${NAMES.lease}`]);
    expect(sent(LEAVE)).toEqual([['text', '5000', owner, EVENTS_CHANNEL, NAMES.lease, String(START), 'ended a']]);
    expectNothingLeft();
  });

  it('may be given back without an answer, and an answer stored without a lease', async () => {
    const turn = await take();
    if (turn.kind !== 'lead') throw new Error('no lead');
    redis.sent.length = 0;
    leases.leave(turn.lease, null);
    leases.leave(null, WRITE);
    leases.leave(null, null);
    await settle();
    expect(redis.sent).toEqual([`tgLeave ${NAMES.lease},${NAMES.lease}`, `tgLeave ${NAMES.result},${NAMES.result}`]);
    expect(sent(LEAVE).map(([text, ttlMs, owner]) => [text, ttlMs, owner === ''])).toEqual([
      ['', '0', false],
      ['text', '5000', true],
    ]);
  });
});
