import { Problem } from '@gateway/problems';
import { UpstreamFault } from '@gateway/upstream';

/** Seconds to wait where the upstream named none. */
const DEFAULT_WAIT_SECONDS = 5;

/** Problems that name a time to wait. */
const WAITS: ReadonlySet<string> = new Set(['upstream-throttled', 'upstream-unavailable', 'gateway-busy']);

/**
 * Words an upstream's fault for the caller. With the caller's own token a refusal and a throttle are the caller's;
 * with the gateway's credentials they are not: a frontend must not log its user out for them.
 */
export function upstreamProblem(error: unknown, provider: string, ownToken: boolean): unknown {
  if (!(error instanceof UpstreamFault)) return error;
  const { problem, message: detail, upstream } = error;
  const waits = WAITS.has(problem);
  const options = {
    detail,
    provider,
    upstream,
    // Only 429 and 503 name a time: with other problems an upstream's wish says nothing.
    retryAfterSeconds: waits ? (error.retryAfterSeconds ?? DEFAULT_WAIT_SECONDS) : null,
    ...(error.retryable === null ? {} : { retryable: error.retryable }),
  };
  if (problem === 'upstream-throttled' && ownToken) return new Problem('rate-limited', options);
  if (problem === 'upstream-credentials-rejected' && ownToken) return new Problem(problem, { ...options, status: 401 });
  if (problem === 'validation-failed')
    return new Problem(problem, { ...options, errors: [{ detail, parameter: 'id' }] });
  return new Problem(problem, options);
}
