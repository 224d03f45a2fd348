import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import DocumentedRepliesReporter, { compareReplies } from '../support/documented-replies-reporter.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import type { Reply } from '../support/http-client.js';
import { contradictions, OPENAPI, OPENAPI_TEXT, validatorOf, violations } from '../support/openapi.js';

type Node = Readonly<Record<string, unknown>>;

const IMPORT = '/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2';
const WHOLE_IMAGE = '/tasks/ims/ff1cbe3dfa1703a7bc064ee1344a6c39';
/** Objects of any members, by design: what upstreams put into them is theirs. */
const OPEN = /\/(parameters|document|unread|untyped|statuses|taskTypes|taskTypes\/\w+\/result|statusWords|errorCodes)$/;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

/** Every object in a value, with its place. */
function objectsIn(value: unknown, place = ''): readonly { readonly place: string; readonly object: Node }[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([member, item]) => objectsIn(item, `${place}/${member}`));
  return Array.isArray(value) ? inner : [{ place, object: value as Node }, ...inner];
}

describe('a member that is not in the document', () => {
  const post = (tasks: readonly object[]): Promise<Reply> => gateway.post('/tasks/batch-get', { tasks });
  const replies: readonly (readonly [string, string, () => Promise<Reply>])[] = [
    ['GET', IMPORT, () => gateway.get(IMPORT)],
    ['GET', WHOLE_IMAGE, () => gateway.get(WHOLE_IMAGE)],
    [
      'GET',
      '/tasks/dms/8abfa7b272adc5b40172b73130065ae7',
      () => gateway.get('/tasks/dms/8abfa7b272adc5b40172b73130065ae7'),
    ],
    ['GET', '/tasks/ims/x?a=b', () => gateway.get('/tasks/ims/x?a=b')],
    ['GET', '/tasks/nowhere/x', () => gateway.get('/tasks/nowhere/x')],
    [
      'POST',
      '/tasks/batch-get',
      () =>
        post([
          { provider: 'ims', id: 'x/y' },
          { provider: 'apig', id: IMPORT.slice(12) },
        ]),
    ],
    ['GET', '/providers', () => gateway.get('/providers')],
    ['GET', '/providers/ims', () => gateway.get('/providers/ims')],
    ['GET', '/problems', () => gateway.get('/problems')],
    ['GET', '/problems/task-not-found', () => gateway.get('/problems/task-not-found')],
    ['GET', '/livez', () => gateway.get('/livez')],
    ['GET', '/readyz', () => gateway.get('/readyz')],
  ];

  it.each(replies)('anywhere in the reply to %s %s: fails', async (method, path, ask) => {
    const reply = await ask();
    const places = objectsIn(reply.body).map(({ place }) => place);
    expect(places.length).toBeGreaterThan(0);
    const unnoticed = places.filter((place, index) => {
      const body = structuredClone(reply.body);
      Object.assign(objectsIn(body)[index]?.object ?? {}, { undocumented: { surprise: true } });
      return contradictions(method, path, { ...reply, body }).length === 0 && !OPEN.test(place);
    });
    expect(unnoticed).toEqual([]);
  });

  it('a header, or one that is missing: fails', async () => {
    const reply = await gateway.get(IMPORT);
    const { etag: _etag, ...others } = reply.headers;
    expect(contradictions('GET', IMPORT, reply)).toEqual([]);
    expect(contradictions('GET', IMPORT, { ...reply, headers: others })).toEqual(['etag is missing']);
    const more = { ...reply.headers, 'x-undocumented': '1' };
    expect(contradictions('GET', IMPORT, { ...reply, headers: more })).toHaveLength(1);
  });

  it.each([
    ['a member', '"kind":"end"', '"kind":"end","surprise":1'],
    ['a reason', '"reason":"done"', '"reason":"tired"'],
    ['another name than its kind', 'event: end', 'event: task'],
    ['a kind', '"kind":"end"', '"kind":"pause"'],
    ['a member of its task', '"task":{', '"task":{"surprise":1,'],
  ])('%s of an event: fails', async (_, from, to) => {
    const path = `${IMPORT}/events`;
    const reply = await gateway.get(path);
    expect(contradictions('GET', path, reply)).toEqual([]);
    const text = reply.text.replace(from, to);
    expect(contradictions('GET', path, { ...reply, text })).not.toEqual([]);
    expect(text).not.toBe(reply.text);
  });

  it('a status: fails', async () => {
    const reply = await gateway.get('/livez');
    expect(contradictions('GET', '/livez', { ...reply, status: 204 })).toHaveLength(1);
  });
});

describe('the document', () => {
  it('members of a later release: pass; known results that are malformed: fail', async () => {
    const { body } = await gateway.get(IMPORT);
    const { result, ...task } = body as { readonly result: { readonly apigImport: object } };
    const ajv = validatorOf(OPENAPI);
    const accepts = (more: object) =>
      ajv.validate({ $ref: 'openapi.json#/components/schemas/Task' }, { ...task, result, ...more });
    expect(accepts({})).toBe(true);
    expect(
      accepts({ provider: 'new-cloud', type: 'new', result: { kind: 'new-cloud.thing', newCloudThing: { a: 1 } } }),
    ).toBe(true);
    expect(accepts({ newMember: { a: 1 } })).toBe(true);
    expect(accepts({ result: { ...result, newMember: 1 } })).toBe(true);
    expect(accepts({ result: { kind: 'untyped', untyped: { anything: 1 } } })).toBe(true);
    expect(accepts({ result: { kind: 'apig.import', apigImport: { ...result.apigImport, groupId: 5 } } })).toBe(false);
    expect(accepts({ result: { kind: 'apig.import', apigImport: {} } })).toBe(false);
    expect(accepts({ result: { apigImport: result.apigImport } })).toBe(false);
    expect(accepts({ status: 'paused' })).toBe(false);
  });

  it('examples: valid by their schemas', () => {
    const examples = objectsIn(OPENAPI).flatMap(({ object }) => {
      const { schema, examples: shown } = object as { schema?: { $ref?: string }; examples?: Node };
      return schema?.$ref === undefined || shown === undefined ? [] : [{ $ref: schema.$ref, shown }];
    });
    const kinds = new Set(examples.map(({ $ref }) => $ref.split('/').at(-1)));
    expect([...kinds].toSorted()).toEqual(['BatchGetReply', 'BatchGetRequest', 'Problem', 'Task', 'WatchTasksRequest']);
    for (const { $ref, shown } of examples)
      for (const example of Object.values(shown) as { $ref?: string; value?: unknown }[]) {
        const name = example.$ref?.split('/').at(-1) ?? '';
        const { examples: all } = OPENAPI.components as unknown as { examples: Record<string, { value: unknown }> };
        expect(violations($ref, example.value ?? all[name]?.value)).toEqual([]);
      }
  });

  it('providers: a line for each says what its tasks are found by', () => {
    const scopes = (OPENAPI as unknown as Node)['x-provider-scopes'];
    expect(scopes).toEqual(Object.fromEntries(PROVIDERS.map(({ id, scope }) => [id, ['region', ...scope].join(' ')])));
  });
});

describe('the check that every documented reply is produced', () => {
  it('replies that no test produced: named', () => {
    const documented = Object.values(OPENAPI.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ operationId, responses }) => Object.keys(responses).map((status) => `${operationId} ${status}`));
    const seen = documented.filter((reply) => reply !== 'getTask 304');
    expect(compareReplies(OPENAPI, seen).missing).toEqual(['getTask 304']);
  });

  it('machine that lacks what some tests need: fails a run as well', async () => {
    const { SEEN_REPLIES, PATH } = process.env;
    const reporter = new DocumentedRepliesReporter({});
    try {
      Object.assign(process.env, { SEEN_REPLIES: await mkdtemp(join(tmpdir(), 'nothing-seen-')), PATH: '' });
      reporter.onRunComplete(new Set(), { testResults: [{ testFilePath: 'a.e2e-spec.ts' }], numPendingTests: 1 });
    } finally {
      Object.assign(process.env, { SEEN_REPLIES, PATH });
    }
    expect(reporter.getLastError()?.message).toContain('documented replies that no test produces: getTask 200');
  });
});

describe('the rules of the document', () => {
  it('each fault that they are for: noticed', async () => {
    const document = JSON.parse(OPENAPI_TEXT);
    const { schemas, securitySchemes } = document.components;
    const { get } = document.paths['/tasks/{provider}/{id}'];
    delete get.parameters.find(({ name }: Node) => name === 'id').schema.maxLength;
    delete get.responses['401'];
    delete get.responses['503'].headers['Retry-After'];
    schemas.TaskReference.additionalProperties = true;
    schemas.TaskScope.additionalProperties = false;
    securitySchemes.apiKey.in = 'query';
    document.servers[0].url = 'http://tasks.example.com';
    delete document.paths['/livez'].get.operationId;
    expect(await faultsOf(document)).toEqual(
      [
        'operation-operationId',
        'no-server-example.com',
        'owasp/bounded-input',
        'owasp/closed-input',
        'owasp/credentials',
        'owasp/encrypted-servers',
        'owasp/open-output',
        'owasp/refusals',
      ].toSorted(),
    );
  });
});

async function faultsOf(document: object): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'lint-'));
  const file = join(folder, 'openapi.json');
  await writeFile(file, JSON.stringify(document));
  const text = await new Promise<string>((resolve) => {
    const options = ['lint', file, '--config=redocly.yaml', '--format=json', '--max-problems=1000'];
    execFile('node_modules/.bin/redocly', options, { maxBuffer: 2 ** 28 }, (_error, stdout) => resolve(stdout));
  });
  await rm(folder, { recursive: true });
  const { problems } = JSON.parse(text) as { problems: readonly { readonly ruleId: string }[] };
  return [...new Set(problems.map(({ ruleId }) => ruleId))].toSorted();
}
