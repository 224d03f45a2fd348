import type { OpenAPIObject } from '@nestjs/swagger';
import { COMMON_HEADERS } from './headers.js';
import { problemResponses } from './operation.js';

const operation = (id: string, summary: string, description: string, mediaType: string, schema: object) => ({
  operationId: id,
  summary,
  description,
  tags: ['catalog'],
  security: [],
  parameters: [],
  responses: {
    '200': { description: 'It', headers: COMMON_HEADERS, content: { [mediaType]: { schema } } },
    ...problemResponses(),
  },
});

/** What is served besides the controllers: the document itself, and a page that shows it. */
export const SELF_DESCRIPTION: OpenAPIObject['paths'] = {
  '/openapi.json': {
    get: operation(
      'getOpenApiDocument',
      'This document',
      'OpenAPI 3.1, to generate clients from.',
      'application/json',
      { $ref: '#/components/schemas/OpenObject' },
    ),
  },
  '/docs': {
    get: operation('getDocs', 'This document as a page', 'Swagger UI, for people.', 'text/html', { type: 'string' }),
  },
};
