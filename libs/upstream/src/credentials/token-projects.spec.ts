import { describe, expect, it } from '@jest/globals';
import { inspect } from 'node:util';
import { UpstreamFault } from '../upstream-fault.js';
import type { TokenFacts } from './iam-client.js';
import { TokenProjects } from './token-projects.js';

const HOUR = 3_600_000;
const { signal } = new AbortController();

function setUp(answer: (token: string) => TokenFacts) {
  let now = 1_000;
  const asked: string[] = [];
  const projects = new TokenProjects(
    async (token) => {
      asked.push(token);
      return answer(token);
    },
    () => now,
  );
  return { projects, asked, pass: (ms: number) => void (now += ms) };
}

describe('TokenProjects', () => {
  it('asks once for each token', async () => {
    const { projects, asked } = setUp((token) => ({ projectId: `project of ${token}`, lifetimeMs: HOUR }));
    for (const token of ['a', 'b', 'a', 'b', 'a'])
      expect(await projects.projectOf(token, signal)).toBe(`project of ${token}`);
    expect(asked).toEqual(['a', 'b']);
  });

  it('asks once for all who come with one token at once, and one who leaves spoils nothing', async () => {
    const { projects, asked } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    const leaving = new AbortController();
    const left = projects.projectOf('a', leaving.signal);
    const others = Array.from({ length: 50 }, () => projects.projectOf('a', signal));
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(new Set(await Promise.all(others))).toEqual(new Set(['p']));
    expect(asked).toEqual(['a']);
  });

  it('remembers for five minutes', async () => {
    const { projects, asked, pass } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    await projects.projectOf('a', signal);
    pass(5 * 60_000 - 1);
    await projects.projectOf('a', signal);
    expect(asked).toHaveLength(1);
    pass(2);
    await projects.projectOf('a', signal);
    expect(asked).toHaveLength(2);
  });

  it('remembers no longer than the token lives', async () => {
    const { projects, asked, pass } = setUp(() => ({ projectId: 'p', lifetimeMs: 30_000 }));
    await projects.projectOf('a', signal);
    pass(30_001);
    await projects.projectOf('a', signal);
    expect(asked).toHaveLength(2);
  });

  it('does not remember a token that has ended', async () => {
    const { projects, asked } = setUp(() => ({ projectId: 'p', lifetimeMs: 0 }));
    await projects.projectOf('a', signal);
    await projects.projectOf('a', signal);
    expect(asked).toHaveLength(2);
  });

  it('remembers that a token has no project', async () => {
    const { projects, asked } = setUp(() => ({ projectId: null, lifetimeMs: HOUR }));
    expect(await projects.projectOf('a', signal)).toBeNull();
    expect(await projects.projectOf('a', signal)).toBeNull();
    expect(asked).toHaveLength(1);
  });

  it('remembers no refusal', async () => {
    let refuse = true;
    const refusal = new UpstreamFault({ problem: 'upstream-credentials-rejected', detail: 'No.' });
    const { projects } = setUp(() => {
      if (refuse) throw refusal;
      return { projectId: 'p', lifetimeMs: HOUR };
    });
    await expect(projects.projectOf('a', signal)).rejects.toBe(refusal);
    refuse = false;
    expect(await projects.projectOf('a', signal)).toBe('p');
  });

  it('keeps no token', async () => {
    const { projects } = setUp(() => ({ projectId: 'p', lifetimeMs: HOUR }));
    await projects.projectOf('MIIsecret', signal);
    expect(inspect(projects, { depth: null, showHidden: true, maxArrayLength: null })).not.toContain('MIIsecret');
  });
});
