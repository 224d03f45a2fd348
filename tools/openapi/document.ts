import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { EXAMPLE } from '../../apps/gateway/src/tasks/batch.schemas.js';
import { HEADERS } from '../../apps/gateway/src/http/headers.openapi.js';
import { problemExamples } from './problem-examples.js';
import { SELF_DESCRIPTION } from './self-description.js';
import { SCHEMAS } from './schemas.js';
import { batchExamples, batchRequestExamples, taskExamples } from './task-examples.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** Version of the contract, by semantic versioning: see docs/clients.md for what breaks it. */
export const API_VERSION = '2.0.0';

const DESCRIPTION = `One answer to "is my job done?" for many clouds.

A **task that failed** is a \`200\` with its reason in \`error\`. A **lookup that failed** is a problem (RFC 9457) and says
nothing about the task. Branch on \`done\`, wait \`pollAfterSeconds\`, read \`outcome\`.

All members of a task are always present; what is not known is \`null\`. New paths, providers, task types, members, headers,
kinds of results and problem codes may come with any release, so go on without what you do not know; whatever could break a
client comes with a new major version.`;

/** What the page of the document fills in: sent as they are, they get an answer in the demo. */
const PATH_EXAMPLES: Readonly<Record<string, string>> = { ...EXAMPLE, slug: 'task-not-found' };

/** The OpenAPI 3.1 document of the routes: made when the project is built, committed, and served as it is. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Task gateway')
    .setDescription(DESCRIPTION)
    .setVersion(API_VERSION)
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .setOpenAPIVersion('3.1.0')
    // Not `/`: generated clients put paths, which begin with one, behind it, and `//tasks` names a host.
    .addServer('', 'The gateway that serves this document')
    .addTag('tasks', 'Tasks of every provider, in one form')
    .addTag('catalog', 'What the gateway serves and refuses')
    .addTag('health', 'For whoever runs the gateway')
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-Auth-Token',
        description: "The caller's own cloud token, for regions that are asked with it: GET /providers tells which",
      },
      'cloudToken',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'X-API-Key',
        description: 'Access credential of a gateway that is configured for API keys',
      },
      'apiKey',
    )
    .addBearerAuth(
      {
        type: 'http',
        scheme: 'bearer',
        bearerFormat: 'JWT',
        description: 'Access credential of a gateway that is configured for JSON Web Tokens, by RFC 8725',
      },
      'bearer',
    )
    .build();
  const document = SwaggerModule.createDocument(app, builder);
  return {
    ...document,
    paths: withHead(withExamples(withParameters({ ...document.paths, ...SELF_DESCRIPTION }))),
    // Nest types schemas as 3.0; these are 3.1, where null is a type.
    components: {
      ...document.components,
      examples: problemExamples(),
      headers: HEADERS,
      schemas: { ...(SCHEMAS as NonNullable<typeof document.components>['schemas']) },
    },
  };
}

const PLACES = ['path', 'query', 'header', 'cookie'];

/** Parameters as they are read: what names the task first; Nest collects them by decorator, and drops their examples. */
function withParameters(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  for (const { get, post } of Object.values(paths)) {
    const named = ((get ?? post)?.parameters ?? []) as { in: string; name: string; example?: unknown }[];
    named.sort((one, other) => PLACES.indexOf(one.in) - PLACES.indexOf(other.in));
    for (const parameter of named) if (parameter.in === 'path') parameter.example = PATH_EXAMPLES[parameter.name];
  }
  return paths;
}

function withExamples(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  addExamples(paths['/tasks/{provider}/{id}']?.get?.responses['200'], taskExamples());
  addExamples(paths['/tasks/batch-get']?.post?.responses['207'], batchExamples());
  addExamples(paths['/tasks/batch-get']?.post?.requestBody, batchRequestExamples());
  return paths;
}

function addExamples(place: unknown, examples: object): void {
  const media = (place as { content?: Record<string, { examples?: object }> } | undefined)?.content?.[
    'application/json'
  ];
  if (media === undefined) throw new Error('examples for what is not documented');
  media.examples = examples;
}

/** Fastify answers HEAD wherever it answers GET; the contract names it for tasks. */
function withHead(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  const path = '/tasks/{provider}/{id}';
  const { get } = paths[path] ?? {};
  if (get === undefined) throw new Error(`${path} is not documented`);
  const responses = Object.entries(get.responses).map(([status, reply]) => {
    const { content: _content, ...headersOnly } = reply as { readonly content?: unknown };
    return [status, headersOnly];
  });
  const head: Operation = {
    ...get,
    operationId: 'headTask',
    summary: 'Headers of the state of one task',
    description: 'What GET would answer, without its body: for who only wants to know whether the ETag has changed.',
    responses: Object.fromEntries(responses) as Operation['responses'],
  };
  return { ...paths, [path]: { ...paths[path], head } };
}
