import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { ApiResponseOptions } from '@nestjs/swagger';
import { PROBLEMS } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';
import { cacheControl, COMMON_HEADERS, RETRY_AFTER, WWW_AUTHENTICATE } from './headers.openapi.js';
import type { Headers } from './headers.openapi.js';
import type { Schema } from '@gateway/tasks';

const HEADERS_BY_STATUS: Readonly<Record<number, Headers>> = {
  401: WWW_AUTHENTICATE,
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

type ResponseObject = Extract<ApiResponseOptions, { content?: unknown }> & { readonly description: string };

/** What no operation is safe from. */
const ALWAYS: readonly ProblemSlug[] = ['validation-failed', 'uri-too-long', 'internal-error'];

/** What can keep a gateway from knowing its caller: the second where the issuer of tokens cannot be asked for its keys. */
export const ACCESS_PROBLEMS: readonly ProblemSlug[] = ['unauthenticated', 'upstream-unavailable'];

/** A way to identify oneself; several schemes in one are needed together, and `{}` is nobody. */
export type Security = readonly Readonly<Record<string, readonly string[]>>[];

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

export const schemaRef = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** A parameter that is described like its schema. */
export const parameter = (name: string, { description, ...schema }: Schema) => ({
  name,
  description: String(description),
  // Nest types schemas as 3.0; these are 3.1.
  schema: schema as { readonly type?: 'string' },
});

export interface OperationText {
  readonly id: string;
  readonly summary: string;
  readonly description: string;
  readonly security: Security;
}

/** Name, texts and security of an operation, and the headers that every request may have. */
export function operation({ id, summary, description, security }: OperationText): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: id,
      summary,
      description,
      security: security.map((way) =>
        Object.fromEntries(Object.entries(way).map(([scheme, scopes]) => [scheme, [...scopes]])),
      ),
    }),
    ApiHeader({
      name: 'X-Request-Id',
      required: false,
      description: 'Name of your request, for logs and problems; one is made where it is missing or not well-formed',
      schema: {
        type: 'string',
        pattern: '^[A-Za-z0-9._~-]{1,128}$',
        maxLength: 128,
        examples: ['3b241101-e2bb-4255-8caf-4136c566a962'],
      },
    }),
    ApiHeader({
      name: 'traceparent',
      required: false,
      description: 'W3C Trace Context; one is made where it is missing or not well-formed',
      schema: {
        type: 'string',
        maxLength: 512,
        examples: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
      },
    }),
  );
}

export interface JsonReply {
  readonly status: number;
  readonly description: string;
  /** Name of the schema. */
  readonly schema: string;
  readonly headers: Headers;
}

/** A reply with a JSON body. */
export function jsonReply({ status, description, schema, headers }: JsonReply): MethodDecorator {
  return ApiResponse({
    status,
    description,
    headers: { ...COMMON_HEADERS, ...headers },
    content: { 'application/json': { schema: schemaRef(schema) } },
  });
}

/** Problems, one reply for each status that they share; those that no operation is safe from are among them. */
export function problemResponses(
  slugs: readonly ProblemSlug[] = [],
  more: Readonly<Record<number, string>> = {},
): Readonly<Record<string, ResponseObject>> {
  const byStatus = new Map<number, ProblemSlug[]>(Object.keys(more).map((status) => [Number(status), []]));
  for (const slug of new Set([...ALWAYS, ...slugs])) {
    const { status } = PROBLEMS[slug];
    byStatus.set(status, [...(byStatus.get(status) ?? []), slug]);
  }
  const replies = [...byStatus].map(
    ([status, group]) => [status, problemResponse(status, group, more[status])] as const,
  );
  return Object.fromEntries(replies);
}

function problemResponse(status: number, slugs: readonly ProblemSlug[], more?: string): ResponseObject {
  const lines = slugs.map((slug) => `${slug}: ${PROBLEMS[slug].meaning}`);
  return {
    description: [...(more === undefined ? [] : [more]), ...lines].join('\n\n'),
    headers: { ...COMMON_HEADERS, ...cacheControl('problem'), ...HEADERS_BY_STATUS[status] },
    content: {
      'application/problem+json': {
        schema: schemaRef('Problem'),
        ...(slugs.length === 0
          ? {}
          : { examples: Object.fromEntries(slugs.map((slug) => [slug, { $ref: `#/components/examples/${slug}` }])) }),
      },
    },
  };
}

/** {@link problemResponses} for a controller. */
export function problemReplies(...what: Parameters<typeof problemResponses>): MethodDecorator {
  const replies = Object.entries(problemResponses(...what));
  return applyDecorators(...replies.map(([status, reply]) => ApiResponse({ ...reply, status: Number(status) })));
}
