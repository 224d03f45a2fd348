import { beforeEach, describe, expect, it } from '@jest/globals';
import { NegativeEntries } from './negative-entries.js';
import { readEnvelope, writeEnvelope } from './envelope.js';
import type { Stamp } from './envelope.js';
import { taskNames } from './keys.js';
import { FakeRedis } from '../../redis/src/testing/fake-redis.js';
import { SEAL, START, connectedTo, addressOf } from './testing/fake-stores.js';

const KEY = addressOf('a');
const NO = { slug: 'task-not-found', detail: 'There is none.', upstream: { httpStatus: 404 } };
const NAME = taskNames(KEY, 'alice').negative;

let redis: FakeRedis;
let process: Awaited<ReturnType<typeof connectedTo>>;
let store: NegativeEntries;

beforeEach(async () => {
  redis = new FakeRedis();
  process = await connectedTo(redis);
  store = new NegativeEntries(process, process.redis, process.purges);
});

const keep = (partition = 'alice', ttlMs = 5_000, visibleAfterMs = 0) =>
  store.set(KEY, partition, NO, ttlMs, visibleAfterMs, store.epochOf(KEY, partition));

/** What another process may have written. */
function textOf(stamp: Partial<Stamp> = {}, changes: object = {}): string {
  const header = { task: KEY.key, partition: 'alice', negative: NO, ...changes };
  return writeEnvelope(SEAL, NAME, { kind: 'N', at: START, freshUntil: START + 5_000, epoch: '', ...stamp }, header);
}

describe('negative entry', () => {
  it('holds for its time', () => {
    expect(store.getLocal(KEY, 'alice')).toBeNull();
    keep();
    process.time += 4_999;
    expect(store.getLocal(KEY, 'alice')).toEqual(NO);
    process.time += 1;
    expect(store.getLocal(KEY, 'alice')).toBeNull();
  });

  it('holds for its partition and its task only', () => {
    keep();
    expect(store.getLocal(KEY, 'bob')).toBeNull();
    expect(store.getLocal(addressOf('b'), 'alice')).toBeNull();
    expect(store.getLocal(addressOf('a', { projectId: 'q' }), 'alice')).toBeNull();
    expect(store.getLocal(KEY, 'alice')).toEqual(NO);
  });

  it('is handed out to be written, under a name of its partition', () => {
    const write = keep();
    expect(write).toMatchObject({ name: NAME, ttlMs: 5_000 });
    expect(readEnvelope(SEAL, NAME, write?.text ?? '')).toMatchObject({
      kind: 'N',
      at: START,
      freshUntil: START + 5_000,
      epoch: '',
    });
    expect(taskNames(KEY, 'bob').negative).not.toBe(NAME);
    expect(NAME.startsWith(`${taskNames(KEY, 'bob').result}:`)).toBe(true);
  });

  it('loses up to a tenth of its time, has five minutes at most, and needs some', () => {
    const ttl = (draw: number, ttlMs: number): unknown => {
      process.draw = draw;
      return keep('alice', ttlMs)?.ttlMs;
    };
    expect([ttl(0, 5_000), ttl(0.5, 5_000), ttl(0.999999, 5_000), ttl(0, 1e9)]).toEqual([5_000, 4_750, 4_500, 300_000]);
    for (const none of [0, -1, 0.5, Number.NaN]) expect(ttl(0, none)).toBeUndefined();
  });

  it('is not remembered of a task that may just not be visible yet', () => {
    expect(keep('alice', 5_000, 10_000)).toBeNull();
    process.time += 9_999;
    expect(keep('alice', 5_000, 10_000)).toBeNull();
    expect(store.getLocal(KEY, 'alice')).toBeNull();
    process.time += 1;
    expect(keep('alice', 5_000, 10_000)).not.toBeNull();
    expect(store.getLocal(KEY, 'alice')).toEqual(NO);
    // For everybody from when they asked first.
    expect(keep('bob', 5_000, 10_000)).toBeNull();
  });

  it('is not remembered of a task that was seen meanwhile, and may be invisible again', () => {
    keep('alice', 5_000, 10_000);
    store.delete(KEY, 'alice');
    process.time += 10_000;
    expect(keep('alice', 5_000, 10_000)).toBeNull();
    process.time += 10_000;
    expect(keep('alice', 5_000, 10_000)).not.toBeNull();
  });

  it.each([
    ['its task', { kind: 'task', address: KEY }],
    ['its scope', { kind: 'scope', address: KEY }],
    ['its provider', { kind: 'provider', provider: 'apig' }],
    ['its partition', { kind: 'principal', principal: 'alice' }],
  ] as const)('ends with a purge of %s, also while it is on its way', async (_what, target) => {
    redis.answer = () => null;
    const { text = '' } = keep() ?? {};
    const before = store.epochOf(KEY, 'alice');
    await process.purges.purge(target);
    expect(store.getLocal(KEY, 'alice')).toBeNull();
    expect(store.accept(KEY, 'alice', text)).toBeNull();
    expect(store.set(KEY, 'alice', NO, 5_000, 0, before)).toBeNull();
    expect(process.mismatches).toBe(0);
    keep();
    expect(store.getLocal(KEY, 'alice')).toEqual(NO);
  });

  it("does not end with another's purge", async () => {
    redis.answer = () => null;
    keep();
    await process.purges.purge({ kind: 'principal', principal: 'bob' });
    await process.purges.purge({ kind: 'task', address: addressOf('b') });
    expect(store.getLocal(KEY, 'alice')).toEqual(NO);
  });

  it('is taken over from another process for the rest of its time', () => {
    expect(store.accept(KEY, 'alice', textOf())).toEqual(NO);
    process.time += 4_999;
    expect(store.getLocal(KEY, 'alice')).toEqual(NO);
    process.time += 1;
    expect(store.getLocal(KEY, 'alice')).toBeNull();
    expect(store.accept(KEY, 'alice', textOf())).toBeNull();
    expect(process.mismatches).toBe(0);
  });

  it.each([
    [2_000, NO],
    [2_001, null],
    [3_600_000, null],
  ])('of a replica whose clock is %d ms ahead: taken over as %j', async (aheadMs, expected) => {
    const text = textOf({ at: START + aheadMs, freshUntil: START + aheadMs + 5_000 });
    redis.values.set(NAME, text);
    expect(store.accept(KEY, 'alice', text)).toEqual(expected);
    await process.redis.settled();
    expect([redis.values.has(NAME), process.mismatches]).toEqual([true, 0]);
  });

  it('does not hold for ever, whatever it claims', () => {
    store.accept(KEY, 'alice', textOf({ freshUntil: Number.MAX_SAFE_INTEGER }));
    process.time += 300_000;
    expect(store.getLocal(KEY, 'alice')).toBeNull();
  });

  it.each([
    ['of another partition', textOf({}, { partition: 'bob' })],
    ['of another task', textOf({}, { task: addressOf('b').key })],
    ['of another kind', textOf({ kind: 'P' })],
    ['changed', textOf().replace('There', 'Here')],
    ['without a problem', textOf({}, { negative: 'no' })],
    ['no text of ours', 'no'],
  ])('that is %s is deleted, counted and not believed', async (_what, text) => {
    redis.values.set(NAME, text);
    expect(store.accept(KEY, 'alice', text)).toBeNull();
    expect(store.getLocal(KEY, 'alice')).toBeNull();
    await process.redis.settled();
    expect([redis.values.has(NAME), process.mismatches]).toEqual([false, 1]);
  });
});
