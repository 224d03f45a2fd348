import type { OpenAPIObject } from '@nestjs/swagger';
import { COMMON_HEADERS } from '../../apps/gateway/src/http/headers.openapi.js';
import { problemResponses } from '../../apps/gateway/src/http/operation.openapi.js';

// Files: nothing in them can fail.
const { 500: _bug, ...PROBLEMS } = problemResponses();

interface File {
  readonly id: string;
  readonly summary: string;
  readonly description: string;
  readonly content: string;
  readonly mediaType: string;
  readonly schema: object;
}

const file = ({ id, summary, description, content, mediaType, schema }: File) => ({
  get: {
    operationId: id,
    summary,
    description,
    tags: ['catalog'],
    security: [],
    parameters: [],
    responses: {
      '200': { description: content, headers: COMMON_HEADERS, content: { [mediaType]: { schema } } },
      ...PROBLEMS,
    },
  },
});

/** What is served besides the controllers: the document itself, and a page that shows it. */
export const SELF_DESCRIPTION: OpenAPIObject['paths'] = {
  '/openapi.json': file({
    id: 'getOpenApiDocument',
    summary: 'This document',
    description: 'OpenAPI 3.1, to generate clients from.',
    content: 'The OpenAPI 3.1 document, the same as in the repository',
    mediaType: 'application/json',
    schema: { $ref: '#/components/schemas/OpenObject' },
  }),
  '/docs': file({
    id: 'getDocs',
    summary: 'This document as a page',
    description: 'Swagger UI, for people.',
    content: 'A page that shows the document and sends requests',
    mediaType: 'text/html',
    schema: { type: 'string' },
  }),
};
