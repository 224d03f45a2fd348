import { describe, expect, it } from '@jest/globals';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import { UpstreamSettings } from '../upstream-settings.js';
import { UpstreamPolicy } from './upstream-policy.js';

/** Numbers from 0 up to 1 that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Shares of 6,000 callers in ten minutes, each about another task, of an upstream that fails at random. */
async function tenMinutes(failing: number, seed: number) {
  const random = seeded(seed);
  let now = 0;
  let calls = 0;
  let good = 0;
  const policy = new UpstreamPolicy(new UpstreamSettings(), { now: () => now, random, sleep: async () => undefined });
  const ask = async (): Promise<void> => {
    calls += 1;
    if (random() < failing) throw new UpstreamFailure({ problem: 'upstream-error', detail: 'x', retry: 'once' });
  };
  const deadline = { signal: new AbortController().signal, endsAt: Infinity };
  for (let caller = 0; caller < 6_000; caller += 1) {
    now += 100;
    await policy.run(ask, { task: String(caller), deadline }).then(
      () => (good += 1),
      () => undefined,
    );
  }
  return { good: good / 6_000, calls: calls / 6_000 };
}

const SEEDS = [1, 2, 3, 4, 5];

describe('an upstream that fails in part', () => {
  it.each([
    [0.3, 0.7],
    [0.5, 0.45],
    [0.7, 0.15],
    [0.9, 0.01],
  ])('%f of its answers fail: at least %f of all callers get a good one', async (failing, least) => {
    for (const seed of SEEDS) expect((await tenMinutes(failing, seed)).good).toBeGreaterThan(least);
  });

  it('more failing answers: fewer requests to it', async () => {
    for (const seed of SEEDS) {
      const calls = await Promise.all(
        [0.5, 0.7, 0.9, 1].map(async (failing) => (await tenMinutes(failing, seed)).calls),
      );
      expect(calls).toEqual(calls.toSorted((one, other) => other - one));
    }
  });

  it('failing answers alone: hardly any request to it', async () => {
    for (const seed of SEEDS) expect((await tenMinutes(1, seed)).calls).toBeLessThan(0.02);
  });
});
