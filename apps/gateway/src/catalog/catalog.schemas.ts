import { problemCode, PROBLEM_SLUGS } from '@gateway/problems';
import { RETRY_ADVICE, TASK_STATUSES } from '@gateway/tasks';
import { UNHEALTHY_REASONS } from '@gateway/upstream';
import {
  boolean,
  integer,
  integerOrNull,
  known,
  list,
  map,
  nullable,
  object,
  ref,
  text,
  textOrNull,
  word,
} from '@gateway/tasks';
import type { Schema } from '@gateway/tasks';
import { providerId } from '../tasks/task.schemas.js';

const providerMembers: Readonly<Record<string, Schema>> = {
  id: providerId(),
  title: text('Name of the service'),
  documentation: text("The upstream's own documentation", { format: 'uri' }),
  scope: list(
    text('Query parameter', { enum: ['region', 'projectId', 'instanceId'] }),
    'What its tasks are found by, besides the id',
  ),
  idPattern: text('ECMA-262 pattern of its ids', { format: 'regex' }),
  statuses: map(text('What it means here', { enum: [...TASK_STATUSES] }), "The upstream's words"),
  taskTypes: map(ref('TaskType'), 'Known raw types'),
  poll: object('Seconds between two looks', {
    minSeconds: integer('For a fresh task'),
    maxSeconds: integer('For an old one'),
  }),
  retentionSeconds: integerOrNull('How long the upstream keeps finished tasks; null where undocumented'),
  healthy: boolean('False while it is unhealthy in any region'),
  regions: list(ref('ProviderRegion'), 'Regions that this gateway serves'),
};

const errorRow: Readonly<Record<string, Schema>> = {
  code: text('Upstream code, or a /pattern/ of codes'),
  http: list({ type: 'integer' }, 'HTTP statuses it was documented or seen with'),
  message: textOrNull('Pattern of the message that narrows the row'),
  problem: known('KnownProblemSlug', 'Name of the problem type that it becomes'),
  retry: text('Whether the gateway asks again', { enum: [...RETRY_ADVICE] }),
  cause: text('What happened'),
  remedy: text('What to do'),
};

const problemTypeMembers: Readonly<Record<string, Schema>> = {
  type: text('Its URL', { format: 'uri' }),
  slug: known('KnownProblemSlug', 'Name of the problem type'),
  code: known('KnownProblemCode', 'Stable machine name of the problem type'),
  status: integer('HTTP status', { minimum: 400, maximum: 599 }),
  title: text('Short name'),
  meaning: text('What happened'),
  remedy: text('What the caller can do'),
  retryable: boolean('Whether the same request can succeed later'),
};

const breaker = ref('BreakerState');
const unhealthyReason = ref('UnhealthyReason');

export const CATALOG_SCHEMAS: Readonly<Record<string, Schema>> = {
  BreakerState: text('State of the circuit breaker before an upstream', { enum: ['closed', 'open', 'half-open'] }),
  // Open: releases that find more out add words.
  UnhealthyReason: text(
    'What keeps an upstream from being asked: `credentials-rejected`, it refuses the credentials of the gateway; `unreachable`, no connection can be made; `breaker-open`, it failed so often that it is given pauses; or a word that a later release brings',
    { pattern: '^[a-z]+(-[a-z]+)*$', examples: [...UNHEALTHY_REASONS] },
  ),
  UnhealthyService: object('A service of a cloud that cannot be used now', {
    service: text('Provider id, or `iam` for the identity service that the gateway logs in at'),
    region: text('Region'),
    reason: unhealthyReason,
  }),
  KnownProblemSlug: text('Name of a problem type of this release', { enum: [...PROBLEM_SLUGS] }),
  KnownProblemCode: text('Stable machine name of a problem type of this release', {
    enum: PROBLEM_SLUGS.map(problemCode),
  }),
  TaskType: object('A kind of task', {
    title: text('Name'),
    result: map(text('What it holds'), 'Members of its `result`'),
  }),
  ProviderRegion: object('A provider in one region', {
    name: text('Region'),
    breaker,
    retryAfterSeconds: integerOrNull('Seconds until an open breaker lets a probe through'),
    ownToken: boolean('Whether callers bring their own token as X-Auth-Token'),
    unhealthyReason: nullable(
      unhealthyReason,
      'What keeps it from being asked now, as the last lookups found; null where nothing does',
    ),
  }),
  Provider: object('What a provider needs, and whether it is healthy now', providerMembers),
  ProviderList: object('All providers', { providers: list(ref('Provider'), 'In a fixed order') }),
  ErrorRow: object("What an upstream's code means here", errorRow),
  UpstreamCode: object("A provider's code that becomes this problem", {
    source: text('Provider id, front, common or iam'),
    ...errorRow,
  }),
  ProviderDetail: object('A provider with its error table', {
    ...providerMembers,
    errors: list(ref('ErrorRow'), 'What the provider refuses with; the first row that matches wins'),
    unknownWords: object('What this process could not read, and how often', {
      statusWords: map(integer('Times seen'), 'Status words'),
      errorCodes: map(integer('Times seen'), 'Error codes'),
    }),
  }),
  ProblemType: object('A kind of failed lookup', problemTypeMembers),
  ProblemTypeList: object('All problem types', { problems: list(ref('ProblemType'), 'In a fixed order') }),
  ProblemTypeDetail: object('A problem type with the upstream codes behind it', {
    ...problemTypeMembers,
    upstreamCodes: list(ref('UpstreamCode'), 'Upstream codes that become this problem'),
  }),
  Liveness: object('The process is alive', { status: word('Always the same', 'alive') }),
  UpstreamState: object('A provider in one region', {
    provider: providerId(),
    region: text('Region'),
    breaker,
  }),
  Readiness: object('The gateway can serve', {
    status: word('Always the same', 'ready'),
    degraded: boolean('Whether something is missing that the gateway can do without'),
    redis: text('State of Redis', { enum: ['not-configured', 'up', 'down'] }),
    upstreams: list(ref('UpstreamState'), 'Breakers before every upstream'),
    unhealthy: list(ref('UnhealthyService'), 'Services that the last lookups found unusable'),
  }),
};
