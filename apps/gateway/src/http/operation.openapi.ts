import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import type { ApiResponseOptions } from '@nestjs/swagger';
import type { ProblemSlug } from '@gateway/problems';
import { ref, text } from '@gateway/tasks';
import type { DescribedSchema } from '@gateway/tasks';
import { headersOf, limitHeaders, problemReplies } from './replies.openapi.js';
import type { HeaderName } from './replies.openapi.js';

/** Ways to identify oneself; several schemes in one are needed together, and `{}` is nobody. */
type Security = Record<string, string[]>[];

/** For whoever comes, in every deployment. */
export const PUBLIC: Security = [];

// Clients take the first alternative that they have everything for: what asks for most comes first, and nobody last.
const NOBODY = {};

/** Access credentials of the gateway; a gateway that is open on loopback asks for none. */
export const ACCESS: Security = [{ apiKey: [] }, { bearer: [] }, NOBODY];

/** Also the caller's own cloud token: beside an access credential, or by itself, where a region is asked with it. */
export const TASK_ACCESS: Security = [
  { apiKey: [], cloudToken: [] },
  { bearer: [], cloudToken: [] },
  { apiKey: [] },
  { bearer: [] },
  { cloudToken: [] },
  NOBODY,
];

/** What can keep a gateway from serving a caller: the second where the issuer of tokens cannot be asked for its keys. */
export const ACCESS_PROBLEMS: readonly ProblemSlug[] = [
  'unauthenticated',
  'upstream-unavailable',
  'rate-limited',
  'gateway-busy',
];

/** A parameter, which is described like its schema; those in the path are required. */
const place =
  (decorator: typeof ApiParam | typeof ApiQuery | typeof ApiHeader) =>
  (name: string, { description, ...schema }: DescribedSchema): MethodDecorator =>
    // Nest types schemas as 3.0; these are 3.1.
    decorator({ name, description, required: decorator === ApiParam, schema: schema as object });
export const inPath = place(ApiParam);
export const inQuery = place(ApiQuery);
export const inHeader = place(ApiHeader);

const NAMES = [
  inHeader(
    'X-Request-Id',
    text('Name of your request, for logs and problems. One is made where it is missing or not well-formed.', {
      pattern: '^[A-Za-z0-9._~-]{1,128}$',
      maxLength: 128,
      examples: ['3b241101-e2bb-4255-8caf-4136c566a962'],
    }),
  ),
  inHeader(
    'traceparent',
    text('W3C Trace Context of your request. One is made where it is missing or not well-formed.', {
      maxLength: 512,
      examples: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    }),
  ),
];

type Reply = Extract<ApiResponseOptions, { content?: unknown }> & { readonly description: string };

/** A reply with a JSON body; headers besides those of every reply. */
export const json = (description: string, schema: string, headers: readonly HeaderName[]): Reply => ({
  description,
  headers: headersOf(headers),
  content: { 'application/json': { schema: ref(schema) } },
});

interface OperationDescription {
  readonly id: string;
  readonly summary: string;
  readonly description: string;
  readonly security: Security;
  /** Besides the names that every request may carry. */
  readonly parameters?: readonly MethodDecorator[];
  /** Name of the schema, and what is sent. */
  readonly body?: { readonly schema: string; readonly description: string };
  /** Replies by status, problems apart. */
  readonly replies: Readonly<Record<number, Reply>>;
  /** Besides those that no operation is safe from. */
  readonly problems?: readonly ProblemSlug[];
  /** Replies that are a problem of another status than their slug usually has. */
  readonly more?: Readonly<Record<number, string>>;
  /** Headers of problems, besides those of every one. */
  readonly problemHeaders?: readonly HeaderName[];
}

/** An operation as the document has it: decorates the handler. */
export function operation({
  id,
  body,
  parameters = [],
  replies,
  problems,
  more,
  problemHeaders,
  ...words
}: OperationDescription) {
  const described: Readonly<Record<string, Reply>> = { ...replies, ...problemReplies(problems, more, problemHeaders) };
  const all = words.security === PUBLIC ? described : withLimits(described);
  return applyDecorators(
    ApiOperation({ operationId: id, ...words }),
    ...NAMES,
    ...parameters,
    ...(body === undefined
      ? []
      : [ApiBody({ required: true, description: body.description, schema: ref(body.schema) })]),
    ...Object.entries(all).map(([status, reply]) => ApiResponse({ ...reply, status: Number(status) })),
  );
}

/** Requests of known callers are counted. */
function withLimits(replies: Readonly<Record<string, Reply>>): Readonly<Record<string, Reply>> {
  const limits = limitHeaders();
  return Object.fromEntries(
    Object.entries(replies).map(([status, reply]) => [status, { ...reply, headers: { ...reply.headers, ...limits } }]),
  );
}
