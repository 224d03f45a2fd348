import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { ApiResponseOptions } from '@nestjs/swagger';
import { PROBLEMS } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';

type Headers = NonNullable<ApiResponseOptions['headers']>;

/** Carried by every reply. */
const COMMON_HEADERS: Headers = {
  'X-Request-Id': { description: "The caller's, or made here", schema: { type: 'string' } },
  traceparent: { description: 'W3C Trace Context', schema: { type: 'string' } },
};
const RETRY_AFTER: Headers = { 'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } } };

const HEADERS_BY_STATUS: Readonly<Record<number, Headers>> = {
  401: { 'WWW-Authenticate': { description: 'What to authenticate with', schema: { type: 'string' } } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

export const schemaRef = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** A reply with a JSON body. */
export function jsonReply(status: number, description: string, schema: string, headers: Headers = {}): MethodDecorator {
  return ApiResponse({
    status,
    description,
    headers: { ...COMMON_HEADERS, ...headers },
    content: { 'application/json': { schema: schemaRef(schema) } },
  });
}

/** Problems, one reply for each status that they share. */
export function problemReplies(
  slugs: readonly ProblemSlug[],
  more: Readonly<Record<number, string>> = {},
): MethodDecorator {
  const texts = new Map<number, string[]>(Object.entries(more).map(([status, text]) => [Number(status), [text]]));
  for (const slug of slugs) {
    const { status, meaning } = PROBLEMS[slug];
    texts.set(status, [...(texts.get(status) ?? []), `${slug}: ${meaning}`]);
  }
  const replies = [...texts].map(([status, lines]) =>
    ApiResponse({
      status,
      description: lines.join('\n\n'),
      headers: { ...COMMON_HEADERS, ...HEADERS_BY_STATUS[status] },
      content: { 'application/problem+json': { schema: schemaRef('Problem') } },
    }),
  );
  return applyDecorators(...replies);
}

/** Name and summary of an operation. */
export function operation(operationId: string, summary: string, description?: string): MethodDecorator {
  return ApiOperation({ operationId, summary, ...(description === undefined ? {} : { description }) });
}
