import { beforeEach, describe, expect, it } from '@jest/globals';
import { TaskCache } from './task-cache.js';
import { START, UNFINISHED, addressOf, snapshotOf } from './testing/fake-stores.js';
import { inside } from './testing/cache-internals.js';

const KEY = addressOf('a');
const HOUR = 3_600_000;

let now: number;
let cache: TaskCache;
beforeEach(() => {
  now = START;
  cache = new TaskCache({}, { now: () => now });
});

const keep = (changes: object = UNFINISHED) =>
  inside(cache).tasks.set(KEY, snapshotOf('a', { observedAt: now, ...changes }), 60_000, 60_000, '');

describe('clock that is set back by an hour', () => {
  it('unfinished answer: is void, and does not keep out those that come', () => {
    keep();
    now -= HOUR;
    expect(cache.tasks.getLocal(KEY)).toBeNull();
    expect(keep({ ...UNFINISHED, version: 'later', observedAt: now })).not.toBeNull();
    expect(cache.tasks.getLocal(KEY)?.version).toBe('later');
  });

  it('final answer: is as good as ever', () => {
    keep({});
    now -= HOUR;
    expect(cache.tasks.getLocal(KEY)?.final).toBe(true);
  });

  it('proof: proves nothing for an hour more', () => {
    cache.proofs.set('principal', 'scope', 60_000, '');
    expect(cache.proofs.hasLocal('principal', 'scope')).toBe(true);
    now -= HOUR;
    expect(cache.proofs.hasLocal('principal', 'scope')).toBe(false);
  });

  it('negative entry: is void', () => {
    inside(cache).negatives.set(KEY, 'partition', { slug: 'task-not-found' }, 60_000, 0, '');
    expect(cache.negatives.getLocal(KEY, 'partition')).not.toBeNull();
    now -= HOUR;
    expect(cache.negatives.getLocal(KEY, 'partition')).toBeNull();
  });

  it('clocks of replicas differ by a second: what one has just stored is of use', () => {
    keep();
    now -= 1_000;
    expect(cache.tasks.getLocal(KEY)).not.toBeNull();
  });
});
