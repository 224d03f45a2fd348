import { beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_PROOF_MS, Proofs } from './proofs.js';
import { writeEnvelope } from './envelope.js';
import type { Stamp } from './envelope.js';
import { proofName } from './keys.js';
import { FakeRedis, refuse } from '../../redis/src/testing/fake-redis.js';
import { FakeProcess, SEAL, START, connectedTo, keepPurges, addressOf } from './testing/fake-stores.js';

const { scope: SCOPE } = addressOf('any');
const NAME = proofName('alice', SCOPE);

let redis: FakeRedis;
let process: Awaited<ReturnType<typeof connectedTo>>;
let store: Proofs;

beforeEach(async () => {
  redis = new FakeRedis();
  keepPurges(redis);
  process = await connectedTo(redis);
  store = new Proofs(process, process.redis, process.purges);
});

const storeOf = (other: FakeProcess): Proofs => new Proofs(other, other.redis, other.purges);
const keep = (ttlMs = 60_000, principal = 'alice'): void =>
  store.set(principal, SCOPE, ttlMs, store.epochOf(principal));

/** What another process may have written. */
function textOf(stamp: Partial<Stamp> = {}, members: object = {}): string {
  const header = { principal: 'alice', scope: SCOPE, ...members };
  return writeEnvelope(SEAL, NAME, { kind: 'P', at: START, freshUntil: START + 60_000, epoch: '', ...stamp }, header);
}

describe('a proof in memory', () => {
  it('lives for its time', () => {
    expect([store.hasLocal('alice', SCOPE), store.endsAt('alice', SCOPE)]).toEqual([false, -Infinity]);
    keep();
    process.time += 59_999;
    expect([store.hasLocal('alice', SCOPE), store.endsAt('alice', SCOPE)]).toEqual([true, START + 60_000]);
    process.time += 1;
    expect([store.hasLocal('alice', SCOPE), store.endsAt('alice', SCOPE)]).toEqual([false, -Infinity]);
  });

  it('is of one principal for one scope, and for all its tasks', () => {
    keep();
    expect(store.hasLocal('alice', addressOf('another').scope)).toBe(true);
    expect(store.hasLocal('bob', SCOPE)).toBe(false);
    for (const other of [{ provider: 'ims' }, { region: 'eu-nl' }, { projectId: 'q' }, { instanceId: 'i' }])
      expect(store.hasLocal('alice', addressOf('any', other).scope)).toBe(false);
  });

  it.each([
    [0, 60_000, 60_000],
    [0.5, 60_000, 57_000],
    [0.999999, 60_000, 54_000],
    [0, MAX_PROOF_MS + 1, 1_800_000],
    [0, Infinity, 1_800_000],
  ])('drawing %d lives for %d ms: %d', async (draw, ttlMs, expected) => {
    process.draw = draw;
    keep(ttlMs);
    process.time += expected - 1;
    expect(store.hasLocal('alice', SCOPE)).toBe(true);
    process.time += 1;
    expect(store.hasLocal('alice', SCOPE)).toBe(false);
    await process.redis.settled();
    expect(redis.ttls).toEqual([expected]);
  });

  it.each([0, -1, 0.5, Number.NaN])('is none with a time of %d', (ttlMs) => {
    keep(ttlMs);
    expect([store.hasLocal('alice', SCOPE), redis.sent]).toEqual([false, []]);
  });

  it('ends when it is revoked, and for nobody else', async () => {
    keep();
    keep(60_000, 'bob');
    store.revoke('alice', SCOPE);
    await expect(store.has('alice', SCOPE)).resolves.toBe(false);
    await expect(store.has('bob', SCOPE)).resolves.toBe(true);
  });

  it('ends when its principal is voided, also while it is on its way', async () => {
    const before = store.epochOf('alice');
    keep();
    keep(60_000, 'bob');
    await process.purges.purge({ kind: 'principal', principal: 'alice' });
    expect([store.hasLocal('alice', SCOPE), store.hasLocal('bob', SCOPE)]).toEqual([false, true]);
    store.set('alice', SCOPE, 60_000, before);
    expect(store.hasLocal('alice', SCOPE)).toBe(false);
    keep();
    expect(store.hasLocal('alice', SCOPE)).toBe(true);
  });

  it('does not end with a purge of its scope, which says nothing of its principal', async () => {
    keep();
    await process.purges.purge({ kind: 'scope', address: addressOf('any') });
    expect(store.hasLocal('alice', SCOPE)).toBe(true);
  });

  it('is all there is without Redis', async () => {
    const alone = storeOf(new FakeProcess());
    await expect(alone.has('alice', SCOPE)).resolves.toBe(false);
    alone.set('alice', SCOPE, 60_000, '');
    await expect(alone.has('alice', SCOPE)).resolves.toBe(true);
    alone.revoke('alice', SCOPE);
    await expect(alone.has('alice', SCOPE)).resolves.toBe(false);
  });
});

describe('a proof in Redis', () => {
  it('is shared, under an opaque name, for the rest of its time', async () => {
    keep();
    await process.redis.settled();
    expect([...redis.values.keys()]).toEqual([NAME]);
    expect(NAME).toMatch(/^tg:v6:proof:\{[\w-]{43}\}$/);
    const other = await connectedTo(redis);
    const theirs = storeOf(other);
    expect(theirs.hasLocal('alice', SCOPE)).toBe(false);
    await expect(theirs.has('alice', SCOPE)).resolves.toBe(true);
    await expect(theirs.has('alice', SCOPE)).resolves.toBe(true);
    expect(redis.sent).toEqual([`get ${NAME}`]);
    other.time += 60_000;
    // The fake server expires nothing.
    await expect(theirs.has('alice', SCOPE)).resolves.toBe(false);
    await expect(storeOf(other).has('alice', SCOPE)).resolves.toBe(false);
  });

  it('is read once for many readers', async () => {
    redis.values.set(NAME, textOf());
    const found = await Promise.all(Array.from({ length: 100 }, () => store.has('alice', SCOPE)));
    expect([found.every(Boolean), redis.sent]).toEqual([true, [`get ${NAME}`]]);
  });

  it('does not live longer than anything may, whatever it claims', async () => {
    redis.values.set(NAME, textOf({ freshUntil: Number.MAX_SAFE_INTEGER }));
    await store.has('alice', SCOPE);
    process.time += MAX_PROOF_MS;
    expect(store.hasLocal('alice', SCOPE)).toBe(false);
  });

  it('that was revoked while it was read, or that a server keeps that takes no writes, is none', async () => {
    redis.values.set(NAME, textOf());
    const read = store.has('alice', SCOPE);
    redis.behave = refuse('READONLY', 'del');
    store.revoke('alice', SCOPE);
    await expect(read).resolves.toBe(false);
    await process.redis.settled();
    redis.listener.onReady();
    while (!process.redis.up) await Promise.resolve();
    await expect(store.has('alice', SCOPE)).resolves.toBe(false);
    // Somebody has proven it since.
    redis.values.set(NAME, textOf({ at: START + 1 }));
    await expect(store.has('alice', SCOPE)).resolves.toBe(true);
  });

  it('that is over does not replace one that was kept while it was read', async () => {
    redis.values.set(NAME, textOf({ freshUntil: START }));
    const read = store.has('alice', SCOPE);
    keep();
    await expect(read).resolves.toBe(true);
  });

  it('that was voided with its principal is none, while it is read and later', async () => {
    redis.values.set(NAME, textOf());
    const read = store.has('alice', SCOPE);
    const purge = process.purges.purge({ kind: 'principal', principal: 'alice' });
    await expect(read).resolves.toBe(false);
    await purge;
    await expect(store.has('alice', SCOPE)).resolves.toBe(false);
    redis.values.set(NAME, textOf({ epoch: store.epochOf('alice') }));
    await expect(store.has('alice', SCOPE)).resolves.toBe(true);
  });

  it.each([
    [2_000, true],
    [2_001, false],
    [3_600_000, false],
  ])('of a replica whose clock is %d ms ahead, believed: %s', async (aheadMs, expected) => {
    redis.values.set(NAME, textOf({ at: START + aheadMs, freshUntil: START + aheadMs + 60_000 }));
    await expect(store.has('alice', SCOPE)).resolves.toBe(expected);
    await process.redis.settled();
    // Its writer may believe it.
    expect([redis.values.has(NAME), process.mismatches]).toEqual([true, 0]);
  });

  it('is none when Redis fails', async () => {
    redis.behave = () => Promise.reject(new Error('Command timed out'));
    await expect(store.has('alice', SCOPE)).resolves.toBe(false);
    await expect(store.has('alice', SCOPE)).resolves.toBe(false);
  });

  it.each([
    ['of another principal', textOf({}, { principal: 'bob' })],
    ['of another scope', textOf({}, { scope: addressOf('any', { projectId: 'q' }).scope })],
    ['of nobody', textOf({}, { principal: undefined })],
    ['a negative entry', textOf({ kind: 'N' })],
    ['a result', textOf({ kind: 'F' })],
    ['changed', textOf().replace('alice', 'alica')],
    ['empty', ''],
  ])('that is %s is deleted, counted, and no proof', async (_what, text) => {
    redis.values.set(NAME, text);
    await expect(store.has('alice', SCOPE)).resolves.toBe(false);
    await process.redis.settled();
    expect([redis.values.has(NAME), process.mismatches]).toEqual([false, 1]);
  });
});

describe('revocation', () => {
  it('that Redis does not take: tried again with each sync, its message sent once', async () => {
    const sent = new Set<string>();
    const attempts: { readonly wereSent: boolean[]; readonly silent: boolean[] }[] = [];
    redis.answer = ([, , , , announced, ...entries], script) => {
      if (script !== 'tgRevoke') return null;
      // The script sends no messages of the first so many.
      const silent = entries.map((_, index) => index < Number(announced));
      attempts.push({ wereSent: entries.map((entry) => sent.has(entry)), silent });
      for (const entry of entries) sent.add(entry);
      return null;
    };
    for (const principal of ['alice', 'bob', 'carol']) {
      store.revoke(principal, SCOPE);
      await store.revocations.sync();
    }
    const { length } = attempts;
    await store.revocations.sync();
    expect([sent.size, attempts.length]).toEqual([3, length + 1]);
    expect(attempts.map(({ silent }) => silent)).toEqual(attempts.map(({ wereSent }) => wereSent));
  });

  it('made while the publishing of another ends, however late: published at once', async () => {
    for (let ticks = 0; ticks < 24; ticks += 1) {
      const published: string[] = [];
      redis.answer = ([, , , , , ...entries]) => {
        published.push(...entries);
        return 1;
      };
      store.revoke('alice', SCOPE);
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      store.revoke('bob', SCOPE);
      await new Promise((resolve) => setImmediate(resolve));
      expect([ticks, published.length]).toEqual([ticks, 2]);
    }
  });
});
