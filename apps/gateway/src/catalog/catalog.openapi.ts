import { RETRY_ADVICE, TASK_STATUSES } from '@gateway/tasks';
import { boolean, integer, integerOrNull, known, list, map, nullable } from '@gateway/tasks';
import { object, ref, text, textOrNull } from '@gateway/tasks';
import type { Schema } from '@gateway/tasks';
import { ACCESS, ACCESS_PROBLEMS, inPath, json, operation, PUBLIC } from '../http/operation.openapi.js';
import { providerId } from '../tasks/task.schemas.js';

export const ApiProviders = operation({
  id: 'listProviders',
  summary: 'What each provider can do',
  description:
    'What each provider needs to find a task, with an example, and whether it is healthy now. Each also has a page of its own.',
  security: ACCESS,
  replies: {
    200: json('The providers that the caller may ask about.', 'ProviderList', ['Cache-Control-catalog']),
  },
  problems: ACCESS_PROBLEMS,
});

export const ApiProvider = operation({
  id: 'getProvider',
  summary: 'One provider with its words, task types and error table',
  description: 'Also the words of the provider that this process did not know, and how often it met them.',
  security: ACCESS,
  parameters: [inPath('provider', providerId())],
  replies: { 200: json('The provider with its error table.', 'ProviderDetail', ['Cache-Control-catalog']) },
  problems: [...ACCESS_PROBLEMS, 'permission-denied', 'provider-not-found'],
});

export const ApiProblems = operation({
  id: 'listProblems',
  summary: 'Every kind of problem',
  description: 'Meaning, status and remedy of each; open to everybody, because whoever gets a problem may need it.',
  security: PUBLIC,
  replies: { 200: json('All problem types of this release.', 'ProblemTypeList', ['Cache-Control-catalog']) },
  problems: ['gateway-busy'],
});

export const ApiProblem = operation({
  id: 'getProblem',
  summary: 'One kind of problem with the upstream codes behind it',
  description: 'The `type` of every problem leads here.',
  security: PUBLIC,
  parameters: [
    inPath('slug', { ...ref('KnownProblemSlug'), description: 'Last segment of the URL of the problem type.' }),
  ],
  replies: { 200: json('The problem type with its upstream codes.', 'ProblemTypeDetail', ['Cache-Control-catalog']) },
  problems: ['route-not-found', 'gateway-busy'],
});

const provider: Readonly<Record<string, Schema>> = {
  id: providerId(),
  title: text('Name of the service.'),
  documentation: text("URL of the upstream's own documentation.", { format: 'uri' }),
  clouds: list('Clouds that have the service.', text('Name of a cloud, as `cloud` of a region is configured.')),
  scope: list(
    'What tasks of this provider are found by, besides their id.',
    text('Name of a query parameter, or of a member of a reference.', { enum: ['region', 'projectId', 'instanceId'] }),
  ),
  scopePatterns: map(
    'ECMA-262 patterns that these match, by their name; those of regions are not listed.',
    text('What the member looks like.', { format: 'regex' }),
  ),
  idPattern: text('ECMA-262 pattern that ids of its tasks match.', { format: 'regex' }),
  exampleRequest: text('Path and query of a task as the provider could have it, in the first of its regions.', {
    format: 'uri-reference',
  }),
  poll: object('How long callers are told to wait before they ask again about a running task.', {
    minSeconds: integer('Seconds to wait where the task is fresh.'),
    maxSeconds: integer('Seconds to wait where the task has run for long.'),
  }),
  retentionSeconds: integerOrNull('How long the upstream keeps finished tasks; null where that is not documented.'),
  healthy: boolean('False while the provider cannot be used in one of its regions.'),
  regions: list('Regions where this gateway asks the provider.', ref('ProviderRegion')),
};

const errorRow: Readonly<Record<string, Schema>> = {
  code: text(
    'Error code of the upstream, or a `/pattern/` of codes; empty where it sends none, and the HTTP status decides.',
  ),
  http: list('HTTP statuses that the code was documented or seen with.', { type: 'integer' }),
  message: textOrNull('Pattern of the message where that decides, too; null where it does not.'),
  problem: known('Name of the problem type that the code becomes.', 'KnownProblemSlug'),
  retry: text('Whether the gateway asks again by itself.', { enum: [...RETRY_ADVICE] }),
  cause: text('What happened, for people.'),
  remedy: text('What the caller or the operator can do.'),
};

const problemType: Readonly<Record<string, Schema>> = {
  type: text('URL of the problem type, as in problems.', { format: 'uri' }),
  slug: known('Last segment of that URL.', 'KnownProblemSlug'),
  code: known('Stable name of the problem type, for programs.', 'KnownProblemCode'),
  status: integer('HTTP status that problems of this type usually have.', { minimum: 400, maximum: 599 }),
  title: text('Short name of the problem type, for people.'),
  meaning: text('What happened, for people.'),
  remedy: text('What the caller can do.'),
  retryable: boolean('Whether the same request can succeed later.'),
};

export const CATALOG_SCHEMAS: Readonly<Record<string, Schema>> = {
  TaskType: object('A type of tasks of a provider.', {
    title: text('Name of the type, for people.'),
    result: map('Members of the result of such a task.', text('What the member holds.')),
  }),
  ProviderRegion: object('A provider in one region.', {
    name: text('Name of the region.'),
    breaker: ref('BreakerState'),
    retryAfterSeconds: integerOrNull(
      'Seconds until an open circuit breaker lets a request through; null where it is not open.',
    ),
    ownToken: boolean('Whether callers bring their own cloud token as X-Auth-Token.'),
    unhealthyReason: nullable(
      ref('UnhealthyReason'),
      'What keeps it from being asked now, as the last lookups found; null where nothing does.',
    ),
  }),
  Provider: object('What a provider needs, and whether it is healthy now.', provider),
  ProviderList: object('The providers that the caller may ask about.', {
    providers: list('The providers, always in the same order.', ref('Provider')),
  }),
  ErrorRow: object('What an error code of the upstream means here.', errorRow),
  UpstreamCode: object('An error code of an upstream that becomes this problem.', {
    source: text('Id of the provider, or `front`, `common` or `iam` for codes that all services of a cloud share.'),
    ...errorRow,
  }),
  ProviderDetail: object('A provider with its error table.', {
    ...provider,
    statuses: map(
      'Status words of the upstream, and what each means here.',
      text('Status of a task with this word.', { enum: [...TASK_STATUSES] }),
    ),
    taskTypes: map('Types of tasks that are known, by the name that the upstream gives them.', ref('TaskType')),
    errors: list('What the provider refuses requests with; the first row that matches wins.', ref('ErrorRow')),
    unknownWords: object('What this process could not read, and how often it met it.', {
      statusWords: map('Status words that no table holds.', integer('How often the word was met.')),
      errorCodes: map('Error codes that no table holds.', integer('How often the code was met.')),
    }),
  }),
  ProblemType: object('A kind of failed lookup.', problemType),
  ProblemTypeList: object('All problem types of this release.', {
    problems: list('The problem types, always in the same order.', ref('ProblemType')),
  }),
  ProblemTypeDetail: object('A problem type with the upstream codes behind it.', {
    ...problemType,
    upstreamCodes: list('Error codes of upstreams that become this problem.', ref('UpstreamCode')),
  }),
};
