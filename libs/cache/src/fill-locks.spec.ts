import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { FillLocks } from './fill-locks.js';
import type { Acquired, FilledElsewhere, LockRequest } from './fill-locks.js';
import { EVENTS_CHANNEL, taskNames } from './keys.js';
import { FakeRedis, refuse } from '../../redis/src/testing/fake-redis.js';
import { START, connectedTo, addressOf } from './testing/fake-stores.js';

const NAMES = taskNames(addressOf('a'), 'alice');
const WRITE = { name: NAMES.result, text: 'text', ttlMs: 5_000, changed: 'changed v a' };
const [ACQUIRE, RELEASE, RENEW] = ['tgAcquire', 'tgRelease', 'tgRenew'];
const REQUEST: LockRequest = {
  names: NAMES,
  epochs: () => ({ result: 'g', negative: 'n' }),
  mayRead: () => true,
  observedSince: null,
};

let redis: FakeRedis;
let process: Awaited<ReturnType<typeof connectedTo>>;
let locks: FillLocks;
/** What the server replies to each ACQUIRE; the last is repeated. */
let replies: (readonly string[])[];
let scripts: { readonly script: string; readonly args: readonly string[] }[];
let caller: AbortController;

beforeEach(async () => {
  redis = new FakeRedis();
  process = await connectedTo(redis);
  locks = new FillLocks(process.redis, process.now);
  replies = [['acquired']];
  scripts = [];
  redis.answer = (args, script) => {
    scripts.push({ script, args });
    if (script !== ACQUIRE) return 1;
    return replies.length > 1 ? replies.shift() : replies[0];
  };
  caller = new AbortController();
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

const acquire = (waitMs = 5_000, request = REQUEST): Promise<Acquired | FilledElsewhere> =>
  locks.acquire(request, waitMs, caller.signal);
const sent = (kind: string): readonly (readonly string[])[] =>
  scripts.filter(({ script }) => script === kind).map(({ args }) => args);
const settle = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

function expectNothingLeft(): void {
  expect(jest.getTimerCount()).toBe(0);
  expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
}

describe('fill lock: acquire', () => {
  it('lets everybody ask without Redis, and while it is away', async () => {
    await expect(new FillLocks(null, process.now).acquire(REQUEST, 5_000, caller.signal)).resolves.toEqual({
      kind: 'acquired',
      lock: null,
      waited: false,
    });
    redis.listener.onLost(undefined);
    await expect(acquire()).resolves.toEqual({ kind: 'acquired', lock: null, waited: false });
    expect(scripts).toEqual([]);
  });

  it.each(['OOM', 'READONLY', 'LOADING', 'ERR'])(
    'lets everybody ask when Redis replies with an error: %s',
    async (word) => {
      redis.behave = refuse(word, 'tgAcquire');
      await expect(acquire()).resolves.toEqual({ kind: 'acquired', lock: null, waited: false });
      expectNothingLeft();
    },
  );

  it('sends all that decides', async () => {
    await acquire(5_000, { ...REQUEST, mayRead: () => Promise.resolve(false) });
    const owner = sent(ACQUIRE)[0]?.[4];
    expect(redis.sent).toEqual([`tgAcquire ${NAMES.result},${NAMES.negative},${NAMES.lock}`]);
    expect(sent(ACQUIRE)).toEqual([[String(START), 'g', 'n', '0', owner, '1000', '']]);
    await acquire(5_000, { ...REQUEST, observedSince: START - 0.5 });
    expect(sent(ACQUIRE)[1]).toMatchObject({ 3: '1', 6: String(START) });
    await new FillLocks(process.redis, process.now).acquire(REQUEST, 5_000, caller.signal);
    expect(new Set(sent(ACQUIRE).map((args) => args[4])).size).toBe(3);
  });

  it.each(['result', 'negative'])('brings what is stored already: %s', async (kind) => {
    replies = [[kind, 'text']];
    await expect(acquire()).resolves.toEqual({ kind, text: 'text', waited: false });
    expectNothingLeft();
  });

  it('rejects as `mayRead` does, and holds nothing then', async () => {
    const mayRead = (): Promise<boolean> => Promise.reject(new Error('refused'));
    await expect(acquire(5_000, { ...REQUEST, mayRead })).rejects.toThrow('refused');
    expect(scripts).toEqual([]);
    expectNothingLeft();
  });
});

describe('fill lock: release', () => {
  it('ends the renewal, and stores the answer', async () => {
    const turn = await acquire();
    if (turn.kind !== 'acquired' || turn.lock === null) throw new Error('no lock');
    const { owner } = turn.lock;
    await jest.advanceTimersByTimeAsync(950);
    expect(sent(RENEW)).toEqual(Array.from({ length: 3 }, () => [owner, '1000']));
    redis.sent.length = 0;
    locks.release(turn.lock, WRITE);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(redis.sent).toEqual([`tgRelease ${NAMES.result},${NAMES.lock}`]);
    expect(sent(RELEASE)).toEqual([['text', '5000', owner, EVENTS_CHANNEL, NAMES.lock, String(START), 'changed v a']]);
    expectNothingLeft();
  });

  it('stores nothing without an answer, and an answer without a lock', async () => {
    const turn = await acquire();
    if (turn.kind !== 'acquired') throw new Error('no lead');
    redis.sent.length = 0;
    locks.release(turn.lock, null);
    locks.release(null, WRITE);
    locks.release(null, null);
    await settle();
    expect(redis.sent).toEqual([`tgRelease ${NAMES.lock},${NAMES.lock}`, `tgRelease ${NAMES.result},${NAMES.result}`]);
    expect(sent(RELEASE).map(([text, ttlMs, owner]) => [text, ttlMs, owner === ''])).toEqual([
      ['', '0', false],
      ['text', '5000', true],
    ]);
  });
});
