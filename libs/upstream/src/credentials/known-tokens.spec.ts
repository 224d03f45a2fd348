import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import type { TokenFacts } from './iam-client.js';
import { KnownTokens } from './known-tokens.js';

const HOUR = 3_600_000;
const { signal } = new AbortController();

function setUp(answer: (token: string) => TokenFacts) {
  let now = 1_000;
  const asked: string[] = [];
  const known = new KnownTokens(
    async (token) => {
      asked.push(token);
      return answer(token);
    },
    () => now,
  );
  return { known, asked, pass: (ms: number) => void (now += ms) };
}

describe('KnownTokens', () => {
  it('asks once for each token', async () => {
    const { known, asked } = setUp((token) => ({ projectId: `project of ${token}`, lifetimeMs: HOUR }));
    for (const token of ['a', 'b', 'a', 'b', 'a'])
      expect(await known.factsOf(token, signal)).toEqual({
        projectId: `project of ${token}`,
        lifetimeMs: HOUR,
        ageMs: 0,
      });
    expect(asked).toEqual(['a', 'b']);
  });

  it('asks once for all who come with one token at once, and one who leaves spoils nothing', async () => {
    const { known, asked } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    const leaving = new AbortController();
    const left = known.factsOf('a', leaving.signal);
    const others = Array.from({ length: 50 }, () => known.factsOf('a', signal));
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(await Promise.all(others)).toEqual(others.map(() => ({ projectId: 'p', lifetimeMs: HOUR, ageMs: 0 })));
    expect(asked).toEqual(['a']);
  });

  it('remembers for five minutes', async () => {
    const { known, asked, pass } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    await known.factsOf('a', signal);
    pass(5 * 60_000 - 1);
    await known.factsOf('a', signal);
    expect(asked).toHaveLength(1);
    pass(2);
    await known.factsOf('a', signal);
    expect(asked).toHaveLength(2);
  });

  it('asks again about what was said too long ago for its asker', async () => {
    const { known, asked, pass } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    await known.factsOf('a', signal);
    pass(1_000);
    expect(await known.factsOf('a', signal, 1_001)).toEqual({ projectId: 'p', lifetimeMs: HOUR - 1_000, ageMs: 1_000 });
    expect(asked).toHaveLength(1);
    expect(await known.factsOf('a', signal, 1_000)).toEqual({ projectId: 'p', lifetimeMs: HOUR, ageMs: 0 });
    expect(asked).toHaveLength(2);
  });

  it('forgets what it was told, and what it is about to be told', async () => {
    const { known, asked } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    const early = known.factsOf('a', signal);
    known.forget('a');
    await Promise.all([early, known.factsOf('a', signal), known.factsOf('a', signal)]);
    expect(asked).toHaveLength(2);
    known.forget('a');
    await known.factsOf('a', signal);
    expect(asked).toHaveLength(3);
  });

  it('remembers no longer than the token lives', async () => {
    const { known, asked, pass } = setUp(() => ({ projectId: 'p', lifetimeMs: 30_000 }));
    await known.factsOf('a', signal);
    pass(30_001);
    await known.factsOf('a', signal);
    expect(asked).toHaveLength(2);
  });

  it('does not remember a token that has ended', async () => {
    const { known, asked } = setUp(() => ({ projectId: 'p', lifetimeMs: 0 }));
    await known.factsOf('a', signal);
    await known.factsOf('a', signal);
    expect(asked).toHaveLength(2);
  });

  it('remembers that a token has no project', async () => {
    const { known, asked } = setUp(() => ({ projectId: null, lifetimeMs: HOUR }));
    expect(await known.factsOf('a', signal)).toEqual({ projectId: null, lifetimeMs: HOUR, ageMs: 0 });
    expect(await known.factsOf('a', signal)).toEqual({ projectId: null, lifetimeMs: HOUR, ageMs: 0 });
    expect(asked).toHaveLength(1);
  });

  it('remembers no refusal', async () => {
    let refuse = true;
    const refusal = new UpstreamFailure({ problem: 'upstream-credentials-rejected', detail: 'No.' });
    const { known } = setUp(() => {
      if (refuse) throw refusal;
      return { projectId: 'p', lifetimeMs: HOUR };
    });
    await expect(known.factsOf('a', signal)).rejects.toBe(refusal);
    refuse = false;
    expect(await known.factsOf('a', signal)).toEqual({ projectId: 'p', lifetimeMs: HOUR, ageMs: 0 });
  });

  it('keeps no token', async () => {
    const { known } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    await known.factsOf('MIIsecret', signal);
    expect(inspect(known, { depth: null, showHidden: true, maxArrayLength: null })).not.toContain('MIIsecret');
  });
});
