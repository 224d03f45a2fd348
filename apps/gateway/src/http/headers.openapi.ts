import type { ApiResponseOptions } from '@nestjs/swagger';

export type Headers = NonNullable<ApiResponseOptions['headers']>;

interface HeaderSchema {
  readonly type: 'string' | 'integer';
  readonly [keyword: string]: unknown;
}

const header = (description: string, schema: HeaderSchema, required = true): Headers[string] => ({
  description,
  required,
  schema,
});

const COMMON: Headers = {
  'X-Request-Id': header("The caller's if it is well-formed, or made here; problems repeat it", {
    type: 'string',
    pattern: '^[A-Za-z0-9._~-]{1,128}$',
  }),
  traceparent: header("W3C Trace Context: the caller's if it is well-formed, or made here", { type: 'string' }),
  Vary: header(
    'Request headers that can change the answer: X-Auth-Token, X-API-Key, Authorization, and Origin where pages of other ' +
      'origins are let in. Missing where a request was refused before it was read',
    { type: 'string' },
    false,
  ),
};

/** How an answer may be kept: always the same for one kind of reply. */
const CACHING = { task: 'private, no-cache', catalog: 'no-cache', problem: 'no-store', health: 'no-store' } as const;

const WAITING: Headers = {
  'Retry-After': header(
    'Whole seconds until it is worth asking again; missing where nobody knows',
    { type: 'integer', minimum: 0 },
    false,
  ),
};

const CHALLENGE: Headers = {
  'WWW-Authenticate': header('What to authenticate with (RFC 9110)', { type: 'string' }),
};

const TASK: Headers = {
  ETag: header('Weak validator of the task in this view: send it back as If-None-Match', {
    type: 'string',
    pattern: '^W/"[\\x21\\x23-\\x7e]+"$',
  }),
  'Cache-Status': header(
    'How the cache took part (RFC 9211): `task-gateway; hit; ttl=3512` from the cache, which keeps it for that many more ' +
      'seconds; `…; fwd=uri-miss` asked upstream because nothing was stored, `; stored` and it is now, `; collapsed` ' +
      'together with another caller who asked the same; `…; fwd=request` asked upstream because the request said so; ' +
      '`…; detail=done-before` and the upstream is behind: the task was seen done before, and that is shown; ' +
      '`…; fwd=stale; detail=stale-if-error` from the cache because the upstream is failing',
    {
      type: 'string',
      pattern: '^task-gateway; (hit|fwd=(uri-miss|request|stale))(; (stored|collapsed|ttl=-?\\d+|detail=[a-z-]+))*$',
    },
  ),
  Age: header(
    'Seconds since the upstream was asked; only where `source` is cache or stale',
    { type: 'integer', minimum: 0 },
    false,
  ),
};

const FILE: Headers = {
  'Content-Disposition': header('`attachment`, with the name of the file (RFC 6266)', { type: 'string' }),
};

/** Each header once; replies refer to it. */
export const HEADERS: Headers = {
  ...COMMON,
  ...WAITING,
  ...CHALLENGE,
  ...TASK,
  ...FILE,
  ...Object.fromEntries(
    Object.entries(CACHING).map(([kind, value]) => [
      `Cache-Control-${kind}`,
      header('How the answer may be kept', { type: 'string', enum: [value] }),
    ]),
  ),
};

const reference = (name: string): Headers[string] => ({ $ref: `#/components/headers/${name}` });
const references = (headers: Headers): Headers =>
  Object.fromEntries(Object.keys(headers).map((name) => [name, reference(name)]));

/** Carried by every reply. */
export const COMMON_HEADERS = references(COMMON);
export const RETRY_AFTER = references(WAITING);
export const WWW_AUTHENTICATE = references(CHALLENGE);
export const CONTENT_DISPOSITION = references(FILE);

/** `Cache-Control` of one kind of reply. */
export const cacheControl = (kind: keyof typeof CACHING): Headers => ({
  'Cache-Control': reference(`Cache-Control-${kind}`),
});

/** Carried by every answer about a task. */
export const TASK_HEADERS: Headers = { ...cacheControl('task'), ...references(TASK) };
