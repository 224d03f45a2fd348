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
  observedSince: null,
};
const WAIT = ['wait', '1000'];
const RESULT = ['result', 'text'];

let redis: FakeRedis;
let locks: FillLocks;
/** What the server replies to each ACQUIRE; the last is repeated. */
let replies: (readonly string[])[];
let acquires: (readonly string[])[];
let left: number;
let caller: AbortController;

beforeEach(async () => {
  redis = new FakeRedis();
  locks = new FillLocks((await connectedTo(redis)).redis, () => START);
  replies = [WAIT];
  acquires = [];
  left = 0;
  redis.answer = (args, script) => {
    if (script !== 'tgAcquire') return (left += 1);
    acquires.push(args);
    return replies.length > 1 ? replies.shift() : replies[0];
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

/** Acquires a lock; `turn` is how that ended as soon as it has. */
function acquire(waitMs = 5_000, request = REQUEST): { turn: Acquired | FilledElsewhere | Error | null } {
  const taken: { turn: Acquired | FilledElsewhere | Error | null } = { turn: null };
  locks.acquire(request, waitMs, caller.signal).then(
    (turn) => (taken.turn = turn),
    (error: Error) => (taken.turn = error),
  );
  return taken;
}

describe('fill lock: waiter', () => {
  it('wakes on the release, and gets what the owner has stored', async () => {
    replies = [WAIT, RESULT];
    const taken = acquire();
    await jest.advanceTimersByTimeAsync(999);
    locks.onReleased(taskNames(addressOf('a'), 'bob').lock);
    await settle();
    expect(taken.turn).toBeNull();
    locks.onReleased(NAMES.lock);
    await settle();
    expect(taken.turn).toEqual({ kind: 'result', text: 'text', waited: true });
    expect(acquires).toHaveLength(2);
    locks.onReleased(NAMES.lock);
  });

  it('asks again when the lock must have ended, though no message came', async () => {
    replies = [['wait', '700'], RESULT];
    const taken = acquire();
    await jest.advanceTimersByTimeAsync(699);
    expect(acquires).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(taken.turn).toMatchObject({ kind: 'result', waited: true });
  });

  it.each([
    ['0', 1],
    ['-1', 1],
    ['3600000', 1_000],
  ])('reply of %s ms: waits for %d', async (reply, expected) => {
    replies = [['wait', reply], RESULT];
    const taken = acquire();
    await jest.advanceTimersByTimeAsync(expected - 1);
    expect(taken.turn).toBeNull();
    await jest.advanceTimersByTimeAsync(1);
    expect(taken.turn).not.toBeNull();
  });

  it('acquires the lock when the owner has stored nothing', async () => {
    replies = [WAIT, ['acquired']];
    const taken = acquire();
    await settle();
    locks.onReleased(NAMES.lock);
    await settle();
    expect(taken.turn).toMatchObject({ kind: 'acquired', waited: true, lock: { name: NAMES.lock } });
    const { turn } = taken;
    if (turn !== null && 'lock' in turn) locks.release(turn.lock, null);
  });

  it('misses no release that overtakes the reply to ACQUIRE, the first time and later', async () => {
    let woken = 0;
    redis.behave = () => {
      // The owner releases right after this one has to wait; its message overtakes the reply.
      if (acquires.length + 1 <= 3) {
        woken += 1;
        locks.onReleased(NAMES.lock);
      }
    };
    replies = [WAIT, WAIT, WAIT, RESULT];
    const taken = acquire();
    await settle();
    expect([woken, acquires.length]).toEqual([3, 4]);
    expect(taken.turn).toMatchObject({ kind: 'result' });
  });

  it('does not wait longer than waitMs, however often it wakes', async () => {
    const taken = acquire(2_500);
    for (let elapsed = 0; elapsed < 2_400; elapsed += 100) {
      await jest.advanceTimersByTimeAsync(100);
      locks.onReleased(NAMES.lock);
    }
    await jest.advanceTimersByTimeAsync(99);
    expect(taken.turn).toBeNull();
    await jest.advanceTimersByTimeAsync(1);
    expect(taken.turn).toEqual({ kind: 'acquired', lock: null, waited: true });
  });

  it('asks without a lock when Redis is lost', async () => {
    const taken = acquire();
    await settle();
    redis.listener.onLost(undefined);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(taken.turn).toEqual({ kind: 'acquired', lock: null, waited: true });
  });

  it('evaluates anew what it may read and what was purged', async () => {
    replies = [WAIT, RESULT];
    let asked = 0;
    const mayRead = (): boolean => (asked += 1) > 1;
    const epochs = () => ({ result: String(asked), negative: '' });
    acquire(5_000, { ...REQUEST, mayRead, epochs });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(acquires.map(([, result, , readable]) => [result, readable])).toEqual([
      ['1', '0'],
      ['2', '1'],
    ]);
  });

  it('leaves at once when its signal aborts, and alone', async () => {
    const taken = acquire();
    const other = new AbortController();
    const stays = locks.acquire(REQUEST, 5_000, other.signal);
    await settle();
    const reason = new Error('gone');
    caller.abort(reason);
    await settle();
    expect(taken.turn).toBe(reason);
    replies = [RESULT];
    locks.onReleased(NAMES.lock);
    await expect(stays).resolves.toMatchObject({ kind: 'result' });
    expect(getEventListeners(other.signal, 'abort')).toEqual([]);
  });

  it('releases the lock that it got after its signal had aborted', async () => {
    replies = [['acquired']];
    redis.behave = (command) => {
      if (command === 'tgAcquire') caller.abort(new Error('gone'));
    };
    const taken = acquire();
    await settle();
    expect(taken.turn).toEqual(new Error('gone'));
    expect(left).toBe(1);
  });

  it('does not wake any more after the end', async () => {
    replies = [WAIT, RESULT];
    acquire();
    await settle();
    locks.onReleased(NAMES.lock);
    await settle();
    const count = acquires.length;
    locks.onReleased(NAMES.lock);
    await jest.advanceTimersByTimeAsync(5_000);
    expect(acquires).toHaveLength(count);
  });
});
