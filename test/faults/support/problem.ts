import { expect } from '@jest/globals';
import { problemCode, PROBLEMS } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';
import type { Gateway, Reply } from './gateway.js';

/** Sent with a request, so that its whole problem document is known beforehand. */
export const REQUEST_ID = '3b241101-e2bb-4255-8caf-4136c566a962';

/** How the simulated clouds name a request. */
export const CLOUD_REQUEST_ID: unknown = expect.stringMatching(/^[0-9a-f]{32}$/);

export interface ExpectedProblem {
  readonly slug: ProblemSlug;
  /** The catalogue's own if left out. */
  readonly status?: number;
  readonly detail: string;
  readonly provider: string;
  /** The catalogue's own if left out. */
  readonly retryable?: boolean;
  readonly retryAfterSeconds?: number;
  readonly upstream?: { readonly status: number; readonly code: string | null; readonly requestId: unknown };
}

/** The whole reply to a request with {@link REQUEST_ID}: every member of the document, and the headers that repeat it. */
export function expectProblem(gateway: Gateway, reply: Reply, expected: ExpectedProblem): void {
  const { slug, detail, provider, retryAfterSeconds = null, upstream = null } = expected;
  const { title, retryable, status } = { ...PROBLEMS[slug], ...expected };
  expect(reply.body).toEqual({
    type: `${gateway.url}/problems/${slug}`,
    title,
    status,
    detail,
    instance: `urn:uuid:${REQUEST_ID}`,
    code: problemCode(slug),
    provider,
    retryable,
    retryAfterSeconds,
    requestId: REQUEST_ID,
    upstream,
    ...(slug === 'validation-failed' ? { errors: [{ detail, parameter: 'id' }] } : {}),
  });
  expect({
    status: reply.status,
    type: reply.headers['content-type'],
    cache: reply.headers['cache-control'],
    wait: reply.headers['retry-after'] ?? null,
    challenged: 'www-authenticate' in reply.headers,
  }).toEqual({
    status,
    type: 'application/problem+json',
    cache: 'no-store',
    wait: retryAfterSeconds === null ? null : String(retryAfterSeconds),
    challenged: status === 401,
  });
}

/** The catalogue's slug of a problem document, or the state of a task. */
export function slugOf({ status, body }: Reply): string {
  return String(status === 200 ? body['status'] : body['type']).replace(/^.*\//, '');
}
