import { expect } from '@jest/globals';
import { problemCode, PROBLEMS } from '@gateway/problems';
import type { ProblemDocument, ProblemSlug, Violation } from '@gateway/problems';
import type { Gateway } from './gateway.js';
import type { Reply } from './http-client.js';

export interface ExpectedProblem {
  /** Any if left out. */
  readonly detail?: string;
  /** The catalogue's if left out. */
  readonly status?: number;
  readonly provider?: string;
  readonly retryAfterSeconds?: number;
  readonly upstream?: ProblemDocument['upstream'];
  readonly errors?: readonly Violation[];
}

/** The whole document of a problem, except for what only this run can know. */
export function problemBody(baseUrl: string, slug: ProblemSlug, expected: ExpectedProblem = {}): unknown {
  const { title, status, retryable } = PROBLEMS[slug];
  const text = (pattern: RegExp): unknown => expect.stringMatching(pattern);
  return {
    type: `${baseUrl}/problems/${slug}`,
    title,
    status: expected.status ?? status,
    detail: expected.detail ?? text(/^[A-Z0-9a-z].*/),
    instance: text(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    code: problemCode(slug),
    provider: expected.provider ?? null,
    retryable,
    retryAfterSeconds: expected.retryAfterSeconds ?? null,
    requestId: text(/^[A-Za-z0-9._~-]{1,128}$/),
    upstream: expected.upstream ?? null,
    ...(expected.errors === undefined ? {} : { errors: expected.errors }),
  };
}

/** Detail of the problem that no provider has the name: what there is, and what may be meant. */
export async function noProvider(gateway: Pick<Gateway, 'get'>, ...nearest: readonly string[]): Promise<string> {
  const { body } = await gateway.get('/providers');
  const { providers } = body as { readonly providers: readonly { readonly id: string }[] };
  const meant = nearest.length === 0 ? '' : ` Did you mean ${nearest.join(' or ')}?`;
  return `No provider of this name is served.${meant} There are: ${providers.map(({ id }) => id).join(', ')}.`;
}

/** Checks a reply that is a problem: its document and the headers that go with it. */
export function expectProblem(
  { url }: { readonly url: string },
  { status, headers, body }: Reply,
  slug: ProblemSlug,
  expected: ExpectedProblem = {},
): void {
  expect(body).toEqual(problemBody(url, slug, expected));
  const { requestId, retryAfterSeconds } = body as ProblemDocument;
  expect({
    status,
    type: headers['content-type'],
    caching: headers['cache-control'],
    requestId: headers['x-request-id'],
    retryAfter: headers['retry-after'],
  }).toEqual({
    status: expected.status ?? PROBLEMS[slug].status,
    type: 'application/problem+json',
    caching: 'no-store',
    requestId,
    retryAfter: retryAfterSeconds === null ? undefined : String(retryAfterSeconds),
  });
}
