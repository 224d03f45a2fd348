import { integer, text } from '@gateway/tasks';

/** Reply headers in words; `Cache-Control` once for each kind of reply, because each has one value. */
const DESCRIBED = {
  'X-Request-Id': text('Name of the request: what the caller sent if that was well-formed, else a new one.', {
    pattern: '^[A-Za-z0-9._~-]{1,128}$',
  }),
  traceparent: text('W3C Trace Context: what the caller sent if that was well-formed, else a new one.'),
  Vary: text(
    'Request headers that can change the answer: X-Auth-Token, X-API-Key, Authorization, and Origin where pages of other ' +
      'origins are let in. Missing where a request was refused before it was read.',
  ),
  'Cache-Control-task': text('The answer is for this caller only, and to be revalidated before each use.', {
    enum: ['private, no-cache'],
  }),
  'Cache-Control-catalog': text('The answer may be kept, and is to be revalidated before each use.', {
    enum: ['no-cache'],
  }),
  'Cache-Control-problem': text('A problem is not to be kept.', { enum: ['no-store'] }),
  'Cache-Control-health': text('The state of the gateway is not to be kept.', { enum: ['no-store'] }),
  'Retry-After': integer('Whole seconds until it is worth asking again; missing where nobody knows.'),
  'WWW-Authenticate': text('What to authenticate with (RFC 9110).'),
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
  Age: integer('Seconds since the upstream was asked; only where `source` is cache or stale.'),
  'Content-Disposition': text('`attachment`, with the name of the file (RFC 6266).'),
};
export type HeaderName = keyof typeof DESCRIBED;

const SOMETIMES: readonly string[] = ['Vary', 'Retry-After', 'Age'];

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
  Object.fromEntries(
    (['X-Request-Id', 'traceparent', 'Vary', ...names] as const).map((name) => [
      name.replace(/^(Cache-Control)-\w+$/, '$1'),
      { $ref: `#/components/headers/${name}` },
    ]),
  );
