import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import type { TokenFacts } from './iam-client.js';
import { KnownTokens } from './iam-client.js';

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

describe('known tokens', () => {
  it('token that many requests bring: the cloud is asked once', async () => {
    const { known, asked } = setUp((token) => ({ projectId: `project of ${token}`, lifetimeMs: HOUR }));
    for (const token of ['a', 'b', 'a', 'b', 'a'])
      expect(await known.factsOf(token, signal)).toEqual({
        projectId: `project of ${token}`,
        lifetimeMs: HOUR,
        ageMs: 0,
      });
    expect(asked).toEqual(['a', 'b']);
  });

  it('requests with one token at once: the cloud is asked once, and one caller who leaves spoils nothing', async () => {
    const { known, asked } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    const leaving = new AbortController();
    const left = known.factsOf('a', leaving.signal);
    const others = Array.from({ length: 50 }, () => known.factsOf('a', signal));
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(await Promise.all(others)).toEqual(others.map(() => ({ projectId: 'p', lifetimeMs: HOUR, ageMs: 0 })));
    expect(asked).toEqual(['a']);
  });

  it('answer: remembered for five minutes', async () => {
    const { known, asked, pass } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    await known.factsOf('a', signal);
    pass(5 * 60_000 - 1);
    await known.factsOf('a', signal);
    expect(asked).toHaveLength(1);
    pass(2);
    await known.factsOf('a', signal);
    expect(asked).toHaveLength(2);
  });

  it('answer that is too old for a caller: the cloud is asked again', async () => {
    const { known, asked, pass } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    await known.factsOf('a', signal);
    pass(1_000);
    expect(await known.factsOf('a', signal, 1_001)).toEqual({ projectId: 'p', lifetimeMs: HOUR - 1_000, ageMs: 1_000 });
    expect(asked).toHaveLength(1);
    expect(await known.factsOf('a', signal, 1_000)).toEqual({ projectId: 'p', lifetimeMs: HOUR, ageMs: 0 });
    expect(asked).toHaveLength(2);
  });

  it('forgotten token: neither an answer nor one under way is remembered', async () => {
    const { known, asked } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    const early = known.factsOf('a', signal);
    known.forget('a');
    await Promise.all([early, known.factsOf('a', signal), known.factsOf('a', signal)]);
    expect(asked).toHaveLength(2);
    known.forget('a');
    await known.factsOf('a', signal);
    expect(asked).toHaveLength(3);
  });

  it('answer that comes after its token was forgotten: replaces no later one', async () => {
    const answers: ((facts: TokenFacts) => void)[] = [];
    const known = new KnownTokens(() => new Promise((answer) => answers.push(answer)));
    const facts = (projectId: string): TokenFacts => ({ projectId, lifetimeMs: HOUR });
    const early = known.factsOf('a', signal);
    known.forget('a');
    const late = known.factsOf('a', signal);
    answers[1]?.(facts('late'));
    answers[0]?.(facts('early'));
    expect([(await early).projectId, (await late).projectId]).toEqual(['early', 'late']);
    expect((await known.factsOf('a', signal)).projectId).toBe('late');
  });

  it('token that ends: remembered no longer than it lives', async () => {
    const { known, asked, pass } = setUp(() => ({ projectId: 'p', lifetimeMs: 30_000 }));
    await known.factsOf('a', signal);
    pass(30_001);
    await known.factsOf('a', signal);
    expect(asked).toHaveLength(2);
  });

  it('token that has ended: not remembered', async () => {
    const { known, asked } = setUp(() => ({ projectId: 'p', lifetimeMs: 0 }));
    await known.factsOf('a', signal);
    await known.factsOf('a', signal);
    expect(asked).toHaveLength(2);
  });

  it('token without a project: remembered', async () => {
    const { known, asked } = setUp(() => ({ projectId: null, lifetimeMs: HOUR }));
    expect(await known.factsOf('a', signal)).toEqual({ projectId: null, lifetimeMs: HOUR, ageMs: 0 });
    expect(await known.factsOf('a', signal)).toEqual({ projectId: null, lifetimeMs: HOUR, ageMs: 0 });
    expect(asked).toHaveLength(1);
  });

  it('refused token: not remembered', async () => {
    let refuse = true;
    const rejected = new UpstreamFailure({ problem: 'upstream-credentials-rejected', detail: 'No.' });
    const { known } = setUp(() => {
      if (refuse) throw rejected;
      return { projectId: 'p', lifetimeMs: HOUR };
    });
    await expect(known.factsOf('a', signal)).rejects.toBe(rejected);
    refuse = false;
    expect(await known.factsOf('a', signal)).toEqual({ projectId: 'p', lifetimeMs: HOUR, ageMs: 0 });
  });

  it('token: not kept itself', async () => {
    const { known } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    await known.factsOf('MIIsecret', signal);
    expect(inspect(known, { depth: null, showHidden: true, maxArrayLength: null })).not.toContain('MIIsecret');
  });
});
