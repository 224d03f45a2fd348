import { describe, expect, it } from '@jest/globals';
import { PROBLEM_SLUGS, PROBLEMS } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';
import { PROVIDERS } from '@gateway/providers';
import { readFileSync } from 'node:fs';
import { UNDOCUMENTED } from './examples.js';

interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}
interface Document {
  readonly info: { readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly required?: readonly string[] }>> };
}

const document = JSON.parse(readFileSync('apps/gateway/openapi.json', 'utf8')) as Document;
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));

/** What callers were promised. A change here breaks them. */
const STATUSES: Readonly<Record<ProblemSlug, number>> = {
  'validation-failed': 400,
  unauthenticated: 401,
  'permission-denied': 403,
  'account-restricted': 403,
  'provider-not-found': 404,
  'task-not-found': 404,
  'scope-not-found': 404,
  'artifact-not-found': 404,
  'route-not-found': 404,
  'method-not-allowed': 405,
  'not-in-cache': 504,
  'request-timeout': 408,
  'precondition-failed': 412,
  'body-too-large': 413,
  'answer-too-large': 413,
  'uri-too-long': 414,
  'unsupported-media-type': 415,
  'range-not-satisfiable': 416,
  'rate-limited': 429,
  'upstream-throttled': 503,
  'upstream-credentials-rejected': 502,
  'upstream-misconfigured': 502,
  'upstream-error': 502,
  'upstream-bad-response': 502,
  'upstream-unreachable': 502,
  'upstream-timeout': 504,
  'upstream-unavailable': 503,
  'gateway-busy': 503,
  'internal-error': 500,
};

const TASK_MEMBERS = [
  'id',
  'provider',
  'scope',
  'status',
  'done',
  'outcome',
  'upstreamStatus',
  'type',
  'progress',
  'createdAt',
  'startedAt',
  'updatedAt',
  'endedAt',
  'parameters',
  'result',
  'error',
  'resources',
  'counts',
  'children',
  'observedAt',
  'source',
  'pollAfterSeconds',
  'version',
  'view',
  'links',
];

/** Every description in the document, but for those in examples. */
function* described(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value))
    if (name === 'description' && typeof inner === 'string') yield inner;
    else if (name !== 'value' && name !== 'examples') yield* described(inner);
}

describe('the committed OpenAPI document', () => {
  it('has the operations that callers were promised', () => {
    const promised = Object.entries(document.paths).map(
      ([path, methods]) => `${Object.keys(methods).join(' ')} ${path}`,
    );
    expect(promised.toSorted()).toEqual(
      [
        'get head /tasks/{provider}/{id}',
        'get /tasks/{provider}/{id}/artifact',
        'post /tasks/batch-get',
        'get /tasks/{provider}/{id}/events',
        'post /tasks/events',
        'get /providers',
        'get /providers/{provider}',
        'get /problems',
        'get /problems/{slug}',
        'get /livez',
        'get /readyz',
        'get /version',
        'get /openapi.json',
        'get /docs',
      ].toSorted(),
    );
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it('leads generated clients, which put a path behind the URL of a server, to where it is served', () => {
    const found = document.servers.map(
      ({ url }) => new URL(`${url}/livez`, 'https://tasks.example.com/openapi.json').href,
    );
    expect(found).toEqual(['https://tasks.example.com/livez']);
  });

  it('requires every member of a task', () => {
    const members = (name: string) => document.components.schemas[name]?.required?.toSorted();
    expect(members('Task')).toEqual(TASK_MEMBERS.toSorted());
    const within = TASK_MEMBERS.filter((member) => !['view', 'links', 'children'].includes(member));
    expect(members('ChildTask')).toEqual(within.toSorted());
  });

  it('has one schema for each kind of result, and a member that is named after the kind', () => {
    const { properties } = document.components.schemas['TaskResult'] as { readonly properties: object };
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(['kind', 'apigImport', 'apigExport', 'imsImage']));
    const kinds = PROVIDERS.flatMap(({ results = [] }) => results);
    // Besides them `kind` and `untyped`.
    expect(Object.keys(properties)).toHaveLength(kinds.length + 2);
  });

  it('grows by nothing where a provider brings no results of its own', () => {
    expect(Object.keys(document.components.schemas).filter((name) => /dms/i.test(name))).toEqual([]);
  });

  it('stays readable: has at most 12,000 lines with all providers', () => {
    const lines = readFileSync('apps/gateway/openapi.json', 'utf8').trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(12_000);
  });

  it('describes everything in sentences', () => {
    const all = [...described(document)];
    expect(all.length).toBeGreaterThan(300);
    const sentence = /^([a-z-]+: )?[A-Z`0-9].*\.$/s;
    expect(all.filter((text) => !sentence.test(text) || text.split(' ').length < 3)).toEqual([]);
  });

  it('has the version of the client that is made of it', () => {
    const client = JSON.parse(readFileSync('libs/client/package.json', 'utf8')) as { readonly version: string };
    expect(document.info.version).toBe(client.version);
  });

  it('has the names that clients call', () => {
    expect(operations.map(({ operationId }) => operationId).toSorted()).toEqual(
      [
        'getTask',
        'headTask',
        'getTaskArtifact',
        'batchGetTasks',
        'watchTask',
        'watchTasks',
        'listProviders',
        'getProvider',
        'listProblems',
        'getProblem',
        'getLiveness',
        'getReadiness',
        'getVersion',
        'getOpenApiDocument',
        'getDocs',
      ].toSorted(),
    );
  });

  it('requires every member of a problem, but for its list of violations', () => {
    expect(document.components.schemas['Problem']?.required?.toSorted()).toEqual(
      [
        'type',
        'title',
        'status',
        'detail',
        'instance',
        'code',
        'provider',
        'retryable',
        'retryAfterSeconds',
        'requestId',
        'upstream',
      ].toSorted(),
    );
  });

  it.each(PROBLEM_SLUGS.filter((slug) => !UNDOCUMENTED.includes(slug)))('names %s where it can happen', (slug) => {
    const { status, meaning } = PROBLEMS[slug];
    const naming = operations.filter(({ responses }) => responses[status]?.description.includes(`${slug}: ${meaning}`));
    expect(naming).not.toEqual([]);
  });

  it('names the bug that no operation is safe from, everywhere', () => {
    const without = operations.filter(({ responses }) => !('500' in responses && '414' in responses));
    expect(without.map(({ operationId }) => operationId)).toEqual(['getOpenApiDocument', 'getDocs']);
  });
});

describe('the catalogue of problems', () => {
  it('has the slugs and statuses that callers were promised', () => {
    expect(Object.fromEntries(PROBLEM_SLUGS.map((slug) => [slug, PROBLEMS[slug].status]))).toEqual(STATUSES);
  });
});
