import { describe, expect, it } from '@jest/globals';
import { Problem } from '@gateway/problems';
import type { LookupProblem } from '@gateway/tasks';
import { UpstreamFailure } from './upstream-failure.js';

const failure = (problem: LookupProblem, more = {}) => new UpstreamFailure({ problem, detail: 'It failed.', ...more });

describe('upstream failure', () => {
  it.each<[LookupProblem, boolean, string, number]>([
    ['upstream-credentials-rejected', true, 'upstream-credentials-rejected', 401],
    ['upstream-credentials-rejected', false, 'upstream-credentials-rejected', 502],
    ['upstream-throttled', true, 'rate-limited', 429],
    ['upstream-throttled', false, 'upstream-throttled', 503],
    ['permission-denied', true, 'permission-denied', 403],
  ])('%s, own token %s: a problem %s with status %i', (problem, ownToken, slug, status) => {
    const born = failure(problem, { ownToken });
    expect([born instanceof Problem, born.slug, born.status]).toEqual([true, slug, status]);
  });

  it.each<[LookupProblem, number | null, number | null]>([
    ['upstream-throttled', 7, 7],
    ['upstream-unavailable', null, 5],
    ['gateway-busy', 1, 1],
    ['upstream-error', 7, null],
  ])('%s, Retry-After of the upstream %p: %p for its caller', (problem, retryAfterSeconds, forCaller) => {
    const born = failure(problem, { retryAfterSeconds });
    expect([born.retryAfterSeconds, born.options.retryAfterSeconds]).toEqual([retryAfterSeconds, forCaller]);
  });

  it('4xx that nothing mends: not retryable', () => {
    const upstream = { status: 400, code: null, requestId: null };
    const retryable = (more: object) => failure('upstream-error', more).options.retryable;
    expect(retryable({ upstream })).toBe(false);
    expect(retryable({ upstream, retry: 'once' })).toBeUndefined();
    expect(retryable({ upstream: { ...upstream, status: 500 } })).toBeUndefined();
  });

  it('provider: named once, in failures only, and everything else is kept', () => {
    const born = failure('upstream-throttled', { ownToken: true, retry: 'once', retryAfterSeconds: 9 });
    const named = UpstreamFailure.ofProvider(born, 'ims') as UpstreamFailure;
    expect(named).toEqual(failure('upstream-throttled', { ...born['given'], provider: 'ims' }));
    expect([named.slug, named.retry, named.options]).toEqual([
      'rate-limited',
      'once',
      { ...born.options, provider: 'ims' },
    ]);
    expect(UpstreamFailure.ofProvider(named, 'dms')).toBe(named);
    const gone = new Error('gone');
    expect(UpstreamFailure.ofProvider(gone, 'ims')).toBe(gone);
  });
});
