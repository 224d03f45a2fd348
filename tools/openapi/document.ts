import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { PROVIDERS } from '@gateway/providers';
import { ref } from '@gateway/tasks';
import { CATALOG_SCHEMAS } from '../../apps/gateway/src/catalog/catalog.openapi.js';
import { HEALTH_SCHEMAS } from '../../apps/gateway/src/health/health.openapi.js';
import { HEADERS, headersOf, PROBLEM_SCHEMAS, problemReplies } from '../../apps/gateway/src/http/replies.openapi.js';
import { BATCH_SCHEMAS, EXAMPLE } from '../../apps/gateway/src/tasks/batch.dto.js';
import { TASK_SCHEMAS } from '../../apps/gateway/src/tasks/task.schemas.js';
import { WATCH_SCHEMAS } from '../../apps/gateway/src/watch/watch.dto.js';
import { artifactExample, batchExamples, batchRequestExamples, problemExamples, taskExamples } from './examples.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** Version of the contract, by semantic versioning: see docs/clients.md for what breaks it. */
export const API_VERSION = '2.1.0';

const DESCRIPTION = `One answer to "is my job done?" for many clouds.

A **task that failed** is a \`200\` with its reason in \`error\`. A **lookup that failed** is a problem (RFC 9457) and says
nothing about the task. Branch on \`done\`, read \`outcome\`; until then wait \`pollAfterSeconds\`, or let the gateway wait:
\`Prefer: wait\` holds an answer back, \`/events\` sends each change as it is seen.

All members of a task are always present; what is not known is \`null\`. New paths, providers, task types, members, headers,
kinds of results and problem codes may come with any release, so go on without what you do not know; whatever could break a
client comes with a new major version.`;

/** The OpenAPI 3.1 document of what the features say of themselves. */
export function openApiDocument(app: INestApplication): object {
  const described = new DocumentBuilder()
    .setTitle('Task gateway')
    .setDescription(DESCRIPTION)
    .setVersion(API_VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .setOpenAPIVersion('3.1.0')
    // Not `/`: generated clients put paths, which begin with one, behind it, and `//tasks` names a host.
    .addServer('', 'The gateway that serves this document.')
    .addTag('tasks', 'Tasks of every provider, in one form.')
    .addTag('catalog', 'What the gateway serves and refuses, and how each is described.')
    .addTag('health', 'For whoever runs the gateway, or sends it traffic.')
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-Auth-Token',
        description: "The caller's own cloud token, for regions that are asked with it: `GET /providers` tells which.",
      },
      'cloudToken',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-API-Key',
        description: 'Access credential of a gateway that is configured for API keys.',
      },
      'apiKey',
    )
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'Access credential of a gateway that is configured for JSON Web Tokens, by RFC 8725.',
      },
      'bearer',
    )
    .build();
  const { paths, components, ...document } = SwaggerModule.createDocument(app, described);
  addExamples(paths);
  const schemas = {
    ...TASK_SCHEMAS,
    ...BATCH_SCHEMAS,
    ...WATCH_SCHEMAS,
    ...PROBLEM_SCHEMAS,
    ...HEALTH_SCHEMAS,
    ...CATALOG_SCHEMAS,
  };
  return {
    ...document,
    // A line for each provider, for programs: what its tasks are found by, besides their id.
    'x-provider-scopes': Object.fromEntries(PROVIDERS.map(({ id, scope }) => [id, ['region', ...scope].join(' ')])),
    paths: { ...withHead(paths, '/tasks/{provider}/{id}'), ...FILES },
    // Nest types schemas as 3.0; these are 3.1, where null is a type.
    components: { ...components, examples: problemExamples(), headers: HEADERS, schemas },
  };
}

const PLACES = ['path', 'query', 'header'];

/** Bodies and path parameters that the page of the document sends as they are: the demo answers each. */
function addExamples(paths: OpenAPIObject['paths']): void {
  for (const [path, { get, post }] of Object.entries(paths)) {
    const { parameters = [] } = (get ?? post) as { parameters?: { in: string; name: string; example?: unknown }[] };
    const examples = { ...EXAMPLE, slug: 'task-not-found', ...(path.endsWith('/artifact') ? artifactExample() : {}) };
    // What names the task is read first; Nest collects parameters by decorator, and drops their examples.
    parameters.sort((one, other) => PLACES.indexOf(one.in) - PLACES.indexOf(other.in));
    for (const parameter of parameters)
      if (parameter.in === 'path') parameter.example = examples[parameter.name as keyof typeof examples];
  }
  const { get } = paths['/tasks/{provider}/{id}'] as { get: Operation };
  const { post } = paths['/tasks/batch-get'] as { post: Operation };
  const media = (place: unknown) => (place as { content: Record<string, object> }).content['application/json'] ?? {};
  Object.assign(media(get.responses['200']), { examples: taskExamples() });
  Object.assign(media(post.responses['207']), { examples: batchExamples() });
  const { post: watch } = paths['/tasks/events'] as { post: Operation };
  for (const { requestBody } of [post, watch]) Object.assign(media(requestBody), { examples: batchRequestExamples() });
}

/** Fastify answers HEAD wherever it answers GET; the contract names it for tasks. */
function withHead(paths: OpenAPIObject['paths'], path: string): OpenAPIObject['paths'] {
  const { get } = paths[path] as { get: Operation };
  const responses = Object.entries(get.responses).map(([status, reply]) => {
    const { content: _content, headers, ...words } = reply as { content?: unknown; headers: Record<string, object> };
    const { 'Preference-Applied': _applied, ...others } = headers;
    return [status, { ...words, headers: others }];
  });
  // HEAD waits for nothing.
  const parameters = (get.parameters ?? []).filter(
    (parameter) => !('name' in parameter && parameter.name === 'Prefer'),
  );
  const head = {
    ...get,
    parameters,
    operationId: 'headTask',
    summary: 'Headers of the state of one task',
    description:
      'What GET would answer, without its body: for whoever only wants to know whether the ETag has changed.',
    responses: Object.fromEntries(responses) as Operation['responses'],
  };
  return { ...paths, [path]: { ...paths[path], head } };
}

/** A file that is served besides the controllers: nothing in it can fail, but the process may come late. */
function file(words: Pick<Operation, 'operationId' | 'summary' | 'description'>, content: string, mediaType: string) {
  const { 500: _bug, ...problems } = problemReplies(['gateway-busy']);
  const schema = mediaType === 'application/json' ? ref('OpenObject') : { type: 'string' };
  const responses = { '200': { description: content, headers: headersOf(), content: { [mediaType]: { schema } } } };
  return {
    get: { ...words, tags: ['catalog'], security: [], parameters: [], responses: { ...responses, ...problems } },
  };
}

const FILES: OpenAPIObject['paths'] = {
  '/openapi.json': file(
    {
      operationId: 'getOpenApiDocument',
      summary: 'This document',
      description: 'OpenAPI 3.1, to generate clients from.',
    },
    'The OpenAPI 3.1 document, the same as in the repository.',
    'application/json',
  ),
  '/docs': file(
    { operationId: 'getDocs', summary: 'This document as a page', description: 'Swagger UI, for people.' },
    'A page that shows the document and sends requests.',
    'text/html',
  ),
};
