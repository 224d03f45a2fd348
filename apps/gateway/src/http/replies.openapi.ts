import { boolean, integer, integerOrNull, known, list, nullable, object, ref, text, textOrNull } from '@gateway/tasks';
import type { Schema } from '@gateway/tasks';
import { PROBLEM_SLUGS, problemCode, PROBLEMS } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';

/** Reply headers in words; `Cache-Control` once for each kind of reply, because each has one value. */
const DESCRIBED = {
  'X-Request-Id': text('Name of the request: what the caller sent if that was well-formed, else a new one.', {
    pattern: '^[A-Za-z0-9._~-]{1,128}$',
  }),
  traceparent: text('W3C Trace Context: what the caller sent if that was well-formed, else a new one.'),
  Vary: text(
    'Request headers that can change the answer: X-Auth-Token, X-API-Key, Authorization, Prefer where the answer can be ' +
      'waited for, Last-Event-ID of a stream, and Origin where pages of other origins are let in. Missing where a request was refused before it was read.',
  ),
  'Cache-Control-task': text('The answer is for this caller only, and to be revalidated before each use.', {
    enum: ['private, no-cache'],
  }),
  'Cache-Control-catalog': text('The answer may be kept, and is to be revalidated before each use.', {
    enum: ['no-cache'],
  }),
  'Cache-Control-problem': text('A problem is not to be kept.', { enum: ['no-store'] }),
  'Cache-Control-health': text('The state of the gateway is not to be kept.', { enum: ['no-store'] }),
  'Cache-Control-stream': text('A stream is not to be kept, nor to be changed on its way.', {
    enum: ['no-store, no-transform'],
  }),
  'X-Accel-Buffering': text('Proxies are to pass each event on as it comes.', { enum: ['no'] }),
  'Retry-After': integer('Whole seconds until it is worth asking again; missing where nobody knows.'),
  'WWW-Authenticate': text('What to authenticate with (RFC 9110).'),
  RateLimit: text(
    'What is left of your share of requests: `r` of them now, all of it again in `t` seconds ' +
      '(draft-ietf-httpapi-ratelimit-headers). Missing where requests are not limited.',
    { pattern: '^"default";r=\\d+;t=\\d+$' },
  ),
  'RateLimit-Policy': text(
    'Your share of requests: `q` in `w` seconds, at any pace. Missing where requests are not limited.',
    {
      pattern: '^"default";q=\\d+;w=\\d+$',
    },
  ),
  ETag: text('Weak validator of the task in this view: send it back as If-None-Match.', {
    pattern: '^W/"[\\x21\\x23-\\x7e]+"$',
  }),
  'Cache-Status': text(
    'How the cache took part (RFC 9211): `task-gateway; hit; ttl=3512` from the cache, which keeps it for that many more ' +
      'seconds; `…; fwd=uri-miss` asked upstream because nothing was stored, `; stored` and it is now, `; collapsed` ' +
      'together with another caller who asked the same; `…; fwd=request` asked upstream because the request said so; ' +
      '`…; detail=done-before` and the upstream is behind: the task was seen done before, and that is shown; ' +
      '`…; fwd=stale; detail=stale-if-error` from the cache because the upstream is failing.',
    { pattern: '^task-gateway; (hit|fwd=(uri-miss|request|stale))(; (stored|collapsed|ttl=-?\\d+|detail=[a-z-]+))*$' },
  ),
  'Preference-Applied': text(
    'That `Prefer: wait` was in force, also where the answer came at once, and for how many seconds at most. Where you sent ' +
      'it and this is missing, nothing was waited for: wait as Retry-After says.',
    { pattern: '^wait=[1-9]\\d*$' },
  ),
  Age: integer('Seconds since the upstream was asked; only where `source` is cache or stale.'),
  'Content-Disposition': text('`attachment`, with the name of the file (RFC 6266).'),
};
export type HeaderName = keyof typeof DESCRIBED;

const SOMETIMES: readonly string[] = [
  'Vary',
  'Retry-After',
  'RateLimit',
  'RateLimit-Policy',
  'Preference-Applied',
  'Age',
];

/** Each header once; replies refer to it. */
export const HEADERS = Object.fromEntries(
  Object.entries(DESCRIBED).map(([name, { description, ...schema }]) => [
    name,
    { description, required: !SOMETIMES.includes(name), schema },
  ]),
);

/** Carried by every answer about a task. */
export const TASK_HEADERS: readonly HeaderName[] = ['Cache-Control-task', 'ETag', 'Cache-Status', 'Age'];

/** What every reply carries, and these. */
export const headersOf = (names: readonly HeaderName[] = []) =>
  references(['X-Request-Id', 'traceparent', 'Vary', ...names]);

/** What replies to callers carry whose requests are counted. */
export const limitHeaders = () => references(['RateLimit', 'RateLimit-Policy']);

const references = (names: readonly HeaderName[]) =>
  Object.fromEntries(
    names.map((name) => [name.replace(/^(Cache-Control)-\w+$/, '$1'), { $ref: `#/components/headers/${name}` }]),
  );

export const PROBLEM_SCHEMAS: Readonly<Record<string, Schema>> = {
  Problem: object(
    'Problem details (RFC 9457): the lookup failed, which says nothing about the task.',
    {
      type: text('URL of the problem type, which `GET /problems/{slug}` serves.', { format: 'uri' }),
      title: text('Short name of the problem type, for people.'),
      status: integer('HTTP status of the reply.', { minimum: 400, maximum: 599 }),
      detail: text('What happened this time, for people.'),
      instance: text('Name of this occurrence: `urn:uuid:` and a UUID of the request.', { format: 'uri' }),
      code: known(
        'Stable name of the problem type, for programs; later releases may bring new ones.',
        'KnownProblemCode',
      ),
      provider: textOrNull('Id of the provider that was asked; null where none was.'),
      retryable: boolean('Whether the same request can succeed later.'),
      retryAfterSeconds: integerOrNull(
        'Seconds to wait before asking again, as in Retry-After; null where nobody knows.',
      ),
      requestId: text('Name of the request, as in X-Request-Id.'),
      upstream: nullable(ref('ProblemUpstream'), 'What the upstream answered; null where it did not.'),
      errors: list('All violations of the request at once; only for validation-failed.', ref('Violation')),
    },
    ['errors'],
  ),
  ProblemUpstream: object('The answer of the upstream, in its own words.', {
    status: integerOrNull('HTTP status that the upstream answered with.'),
    code: textOrNull('Error code of the upstream as it was sent; null where none was.'),
    requestId: textOrNull('Name that the upstream gave to its request; null where it gave none.'),
  }),
  Violation: object(
    'One thing that is wrong with a request, and where.',
    {
      detail: text('What is wrong, for people.'),
      pointer: text('JSON Pointer (RFC 6901) to the place in the body.', { format: 'json-pointer' }),
      parameter: text('Name of the path or query parameter.'),
      header: text('Name of the request header.'),
    },
    ['pointer', 'parameter', 'header'],
  ),
  KnownProblemSlug: text('Last segment of the URL of a problem type that this release knows.', {
    enum: [...PROBLEM_SLUGS],
  }),
  KnownProblemCode: text('Stable name of a problem type that this release knows.', {
    enum: PROBLEM_SLUGS.map(problemCode),
  }),
};

/** What no operation is safe from. */
const ALWAYS: readonly ProblemSlug[] = ['validation-failed', 'uri-too-long', 'internal-error'];

const HEADERS_BY_STATUS: Readonly<Record<string, readonly HeaderName[]>> = {
  401: ['WWW-Authenticate'],
  429: ['Retry-After'],
  503: ['Retry-After'],
};

/**
 * Problems, one reply for each status that they share.
 * @param more replies of statuses that none of them usually has @param headers besides those of every problem
 */
export function problemReplies(
  slugs: readonly ProblemSlug[] = [],
  more: Readonly<Record<number, string>> = {},
  headers: readonly HeaderName[] = [],
) {
  const byStatus = new Map<number, ProblemSlug[]>(Object.keys(more).map((status) => [Number(status), []]));
  for (const slug of new Set([...ALWAYS, ...slugs])) {
    const { status } = PROBLEMS[slug];
    byStatus.set(status, [...(byStatus.get(status) ?? []), slug]);
  }
  const replies = [...byStatus].map(([status, group]) => {
    const words = group.map((slug) => `${slug}: ${PROBLEMS[slug].meaning}`);
    const examples = group.map((slug) => [slug, { $ref: `#/components/examples/${slug}` }]);
    const reply = {
      description: [more[status] ?? [], ...words].flat().join('\n\n'),
      headers: headersOf(['Cache-Control-problem', ...(HEADERS_BY_STATUS[status] ?? []), ...headers]),
      content: {
        'application/problem+json': {
          schema: ref('Problem'),
          ...(group.length === 0 ? {} : { examples: Object.fromEntries(examples) }),
        },
      },
    };
    return [status, reply] as const;
  });
  return Object.fromEntries(replies);
}
