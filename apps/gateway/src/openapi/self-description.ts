import type { OpenAPIObject } from '@nestjs/swagger';
import { COMMON_HEADERS } from './headers.js';
import { problemResponses } from './operation.js';

const PROBLEMS = problemResponses();
// A file: nothing in it can fail.
const { 500: _bug, ...PROBLEMS_OF_A_FILE } = PROBLEMS;

const operation = (
  id: string,
  summary: string,
  text: string,
  {
    description,
    mediaType,
    schema,
  }: { readonly description: string; readonly mediaType: string; readonly schema: object },
  replies: typeof PROBLEMS,
) => ({
  operationId: id,
  summary,
  description: text,
  tags: ['catalog'],
  security: [],
  parameters: [],
  responses: {
    '200': { description, headers: COMMON_HEADERS, content: { [mediaType]: { schema } } },
    ...replies,
  },
});

/** What is served besides the controllers: the document itself, and a page that shows it. */
export const SELF_DESCRIPTION: OpenAPIObject['paths'] = {
  '/openapi.json': {
    get: operation(
      'getOpenApiDocument',
      'This document',
      'OpenAPI 3.1, to generate clients from.',
      {
        description: 'The OpenAPI 3.1 document, the same as in the repository',
        mediaType: 'application/json',
        schema: { $ref: '#/components/schemas/OpenObject' },
      },
      PROBLEMS,
    ),
  },
  '/docs': {
    get: operation(
      'getDocs',
      'This document as a page',
      'Swagger UI, for people.',
      {
        description: 'A page that shows the document and sends requests',
        mediaType: 'text/html',
        schema: { type: 'string' },
      },
      PROBLEMS_OF_A_FILE,
    ),
  },
};
