import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { getEventListeners } from 'node:events';
import { FillLocks } from './fill-locks.js';
import type { Acquired, FilledElsewhere, LockRequest } from './fill-locks.js';
import { taskNames } from './keys.js';
import { FakeRedis } from '../../redis/src/testing/fake-redis.js';
import { START, connectedTo, addressOf } from './testing/fake-stores.js';

const NAMES = taskNames(addressOf('a'), 'alice');
const REQUEST: LockRequest = {
  names: NAMES,
  epochs: () => ({ result: '', negative: '' }),
  mayRead: () => true,
};
const WAIT = ['wait', '1000'];
const RESULT = ['result', 'text'];

let redis: FakeRedis;
let locks: FillLocks;
/** What the server says to each who asks for the lease, in turn; the last is repeated. */
let says: (readonly string[])[];
let entered: (readonly string[])[];
let left: number;
let caller: AbortController;

beforeEach(async () => {
  redis = new FakeRedis();
  locks = new FillLocks((await connectedTo(redis)).redis, () => START);
  says = [WAIT];
  entered = [];
  left = 0;
  redis.answer = (args) => {
    if (args.length !== 6) return (left += 1);
    entered.push(args);
    return says.length > 1 ? says.shift() : says[0];
  };
  caller = new AbortController();
  jest.useFakeTimers();
});

afterEach(() => {
  expect(jest.getTimerCount()).toBe(0);
  expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
  jest.useRealTimers();
});

const settle = (): Promise<void> => jest.advanceTimersByTimeAsync(0);

/** Takes a turn, and tells how it ended as soon as it has. */
function acquire(waitMs = 5_000, request = REQUEST): { turn: Acquired | FilledElsewhere | Error | null } {
  const taken: { turn: Acquired | FilledElsewhere | Error | null } = { turn: null };
  locks.acquire(request, waitMs, caller.signal).then(
    (turn) => (taken.turn = turn),
    (error: Error) => (taken.turn = error),
  );
  return taken;
}

describe('who waits for another', () => {
  it('is woken by the news, and gets what the other has stored', async () => {
    says = [WAIT, RESULT];
    const taken = acquire();
    await jest.advanceTimersByTimeAsync(999);
    locks.onReleased(taskNames(addressOf('a'), 'bob').lease);
    await settle();
    expect(taken.turn).toBeNull();
    locks.onReleased(NAMES.lease);
    await settle();
    expect(taken.turn).toEqual({ kind: 'result', text: 'text', waited: true });
    expect(entered).toHaveLength(2);
    locks.onReleased(NAMES.lease);
  });

  it('asks again when the lease must have ended, though no news came', async () => {
    says = [['wait', '700'], RESULT];
    const taken = acquire();
    await jest.advanceTimersByTimeAsync(699);
    expect(entered).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(taken.turn).toMatchObject({ kind: 'result', waited: true });
  });

  it.each([
    ['0', 1],
    ['-1', 1],
    ['3600000', 1_000],
  ])('told to wait for %s ms waits for %d', async (said, expected) => {
    says = [['wait', said], RESULT];
    const taken = acquire();
    await jest.advanceTimersByTimeAsync(expected - 1);
    expect(taken.turn).toBeNull();
    await jest.advanceTimersByTimeAsync(1);
    expect(taken.turn).not.toBeNull();
  });

  it('leads next when the other has stored nothing', async () => {
    says = [WAIT, ['acquired']];
    const taken = acquire();
    await settle();
    locks.onReleased(NAMES.lease);
    await settle();
    expect(taken.turn).toMatchObject({ kind: 'acquired', waited: true, lock: { name: NAMES.lease } });
    const { turn } = taken;
    if (turn !== null && 'lock' in turn) locks.release(turn.lock, null);
  });

  it('hears news that comes before the answer to what it asked, the first time and later', async () => {
    let woken = 0;
    redis.behave = () => {
      // The other gives back right after this one was told to wait; its message overtakes the answer.
      if (entered.length + 1 <= 3) {
        woken += 1;
        locks.onReleased(NAMES.lease);
      }
    };
    says = [WAIT, WAIT, WAIT, RESULT];
    const taken = acquire();
    await settle();
    expect([woken, entered.length]).toEqual([3, 4]);
    expect(taken.turn).toMatchObject({ kind: 'result' });
  });

  it('does not wait longer than it has patience, however often it is woken', async () => {
    const taken = acquire(2_500);
    for (let elapsed = 0; elapsed < 2_400; elapsed += 100) {
      await jest.advanceTimersByTimeAsync(100);
      locks.onReleased(NAMES.lease);
    }
    await jest.advanceTimersByTimeAsync(99);
    expect(taken.turn).toBeNull();
    await jest.advanceTimersByTimeAsync(1);
    expect(taken.turn).toEqual({ kind: 'acquired', lock: null, waited: true });
  });

  it('goes alone when Redis is lost', async () => {
    const taken = acquire();
    await settle();
    redis.listener.onLost(undefined);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(taken.turn).toEqual({ kind: 'acquired', lock: null, waited: true });
  });

  it('looks anew at what it may read and what was purged', async () => {
    says = [WAIT, RESULT];
    let asked = 0;
    const mayRead = (): boolean => (asked += 1) > 1;
    const epochs = () => ({ result: String(asked), negative: '' });
    acquire(5_000, { ...REQUEST, mayRead, epochs });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(entered.map(([, result, , readable]) => [result, readable])).toEqual([
      ['1', '0'],
      ['2', '1'],
    ]);
  });

  it('leaves at once when it is called off, and alone', async () => {
    const taken = acquire();
    const other = new AbortController();
    const stays = locks.acquire(REQUEST, 5_000, other.signal);
    await settle();
    const reason = new Error('gone');
    caller.abort(reason);
    await settle();
    expect(taken.turn).toBe(reason);
    says = [RESULT];
    locks.onReleased(NAMES.lease);
    await expect(stays).resolves.toMatchObject({ kind: 'result' });
    expect(getEventListeners(other.signal, 'abort')).toEqual([]);
  });

  it('gives back what it got after it was called off', async () => {
    says = [['acquired']];
    redis.behave = (command) => {
      if (command === 'tgAcquire') caller.abort(new Error('gone'));
    };
    const taken = acquire();
    await settle();
    expect(taken.turn).toEqual(new Error('gone'));
    expect(left).toBe(1);
  });

  it('is not woken any more after the end', async () => {
    says = [WAIT, RESULT];
    acquire();
    await settle();
    locks.onReleased(NAMES.lease);
    await settle();
    const count = entered.length;
    locks.onReleased(NAMES.lease);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(entered).toHaveLength(count);
  });
});
