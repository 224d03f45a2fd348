import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEM_SLUGS, PROBLEMS, problemCode } from '@gateway/problems';
import { PROVIDERS } from '@gateway/providers';
import { cloudsOf, SCOPE_PATTERN } from '@gateway/tasks';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { send } from '../support/http-client.js';
import { OPENAPI, OPENAPI_TEXT } from '../support/openapi.js';
import { expectProblem } from '../support/problems.js';
import { regionsOf } from '../support/tasks.js';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(async () => {
  expect(gateway.simulator.control.requests()).toEqual([]);
  await gateway.close();
});

const closed = { breaker: 'closed', retryAfterSeconds: null, ownToken: false, unhealthyReason: null };
const described = (id: string) => regionsOf(id).map((name) => ({ name, ...closed }));

describe('providers', () => {
  it('list: all, in a fixed order, and healthy', async () => {
    const { body, headers } = await gateway.get('/providers');
    expect(headers['cache-control']).toBe('no-cache');
    expect(body).toEqual({
      providers: PROVIDERS.map((provider) => ({
        id: provider.id,
        title: provider.title,
        documentation: provider.documentation,
        clouds: cloudsOf(provider),
        scope: ['region', ...provider.scope],
        scopePatterns: Object.fromEntries(
          provider.scope.map((member) => [member, (provider.scopePatterns?.[member] ?? SCOPE_PATTERN).source]),
        ),
        idPattern: provider.idPattern.source,
        exampleRequest: expect.stringMatching(/^\/tasks\//),
        poll: provider.poll,
        retentionSeconds: provider.retentionSeconds,
        healthy: true,
        regions: described(provider.id),
      })),
    });
  });

  it('list: stays short, however many types and codes the providers have', async () => {
    const { text } = await gateway.get('/providers');
    expect(text.length).toBeLessThan(40_000);
  });

  it.each(PROVIDERS)('$id: example request names the whole scope, and is answered', async ({ id, scope, example }) => {
    const { exampleRequest } = (await gateway.get(`/providers/${id}`)).body as { exampleRequest: string };
    const { searchParams } = new URL(exampleRequest, gateway.url);
    expect([...searchParams.keys()]).toEqual(['region', ...scope]);
    const { status, body } = await gateway.get(exampleRequest);
    gateway.simulator.control.clearRequests();
    expect([status, body]).toMatchObject([200, { provider: id, id: example.id }]);
  });

  it('list: says what each needs', async () => {
    const { body } = await gateway.get('/providers');
    const { providers } = body as { providers: readonly { id: string; scope: readonly string[] }[] };
    const scopes = Object.fromEntries(providers.map(({ id, scope }) => [id, scope]));
    expect(scopes).toMatchObject({
      apig: ['region', 'projectId', 'instanceId'],
      ims: ['region', 'projectId'],
      dms: ['region', 'projectId', 'instanceId'],
    });
  });

  it.each(PROVIDERS)(
    '$id: described with its words, types and error table',
    async ({ id, statuses, taskTypes, errors }) => {
      const { body } = await gateway.get(`/providers/${id}`);
      const list = (await gateway.get('/providers')).body as { providers: readonly { id: string }[] };
      expect(body).toEqual({
        ...list.providers.find((provider) => provider.id === id),
        statuses,
        taskTypes,
        errors: expect.anything(),
        unknownWords: { statusWords: {}, errorCodes: {} },
      });
      const described = body as { errors: readonly { cause: string }[] };
      expect(described.errors.map(({ cause }) => cause)).toEqual(errors.map(({ cause }) => cause));
    },
  );
});

describe('problems', () => {
  const described = PROBLEM_SLUGS.map((slug) => ({ slug, ...PROBLEMS[slug], code: problemCode(slug) }));

  it('list: all', async () => {
    const { body, headers } = await gateway.get('/problems');
    expect(headers['cache-control']).toBe('no-cache');
    expect(body).toEqual({
      problems: described.map((problem) => ({ type: `${gateway.url}/problems/${problem.slug}`, ...problem })),
    });
  });

  it.each(described)('$slug: a page of its own', async ({ slug, ...problem }) => {
    const { body } = await gateway.get(`/problems/${slug}`);
    const type = `${gateway.url}/problems/${slug}`;
    expect(body).toEqual({ type, slug, ...problem, upstreamCodes: expect.any(Array) });
  });

  it('pages: name the upstream codes behind them', async () => {
    const { body } = await gateway.get('/problems/task-not-found');
    const { upstreamCodes } = body as { upstreamCodes: readonly { source: string; code: string; problem: string }[] };
    expect(upstreamCodes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ source: 'apig', code: 'APIG.3093', http: [404] }),
        expect.objectContaining({ source: 'ims', code: 'IMG.0023', http: [400] }),
      ]),
    );
    expect(new Set(upstreamCodes.map(({ problem }) => problem))).toEqual(new Set(['task-not-found']));
  });

  it('rows of all tables: on exactly one page each', async () => {
    const pages = await Promise.all(PROBLEM_SLUGS.map((slug) => gateway.get(`/problems/${slug}`)));
    const rows = pages.flatMap(
      ({ body }) => (body as { upstreamCodes: readonly { source: string; code: string }[] }).upstreamCodes,
    );
    for (const { id, errors } of PROVIDERS)
      expect(rows.filter(({ source }) => source === id)).toHaveLength(errors.length);
    expect(new Set(rows.map(({ source }) => source))).toEqual(
      new Set([...PROVIDERS.filter(({ errors }) => errors.length > 0).map(({ id }) => id), 'front', 'common', 'iam']),
    );
  });

  it.each(['nothing', 'constructor', '__proto__', 'Task-Not-Found', '..'])('%s: 404', async (slug) => {
    const reply = await gateway.get(`/problems/${slug}`);
    expectProblem(gateway, reply, 'route-not-found', { detail: 'There is no problem of this name.' });
  });
});

describe('the OpenAPI document', () => {
  it('served: the committed one', async () => {
    const reply = await send(gateway.port, { path: '/openapi.json' });
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toMatch(/^application\/json\b/);
    expect(reply.body).toEqual(JSON.parse(OPENAPI_TEXT));
  });

  it('valid OpenAPI 3.1', () => {
    expect(OPENAPI.openapi).toMatch(/^3\.1\./);
  });

  it('viewer: shown to people', async () => {
    const page = await send(gateway.port, { path: '/docs' });
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toMatch(/^text\/html\b/);
    expect(page.text).toContain('<title>Swagger UI</title>');
    const scripts = [...page.text.matchAll(/<script src="\.(\/docs\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(scripts.length).toBeGreaterThan(0);
    for (const path of scripts) {
      const script = await send(gateway.port, { path });
      expect([path, script.status, script.headers['content-type']?.split(';')[0]]).toEqual([
        path,
        200,
        expect.stringMatching(/javascript$/),
      ]);
    }
  });
});

describe('the public URL', () => {
  it('configured: begins the type of a problem', async () => {
    const publicUrl = 'https://tasks.example.com';
    const named = await startGateway({ simulator: gateway.simulator, config: { server: { publicUrl } } });
    const reply = await named.get('/tasks/nowhere/x', { host: 'evil.example.com' });
    const listed = await named.get('/problems');
    await named.close();
    expectProblem({ url: publicUrl }, reply, 'provider-not-found');
    expect(listed.text).not.toContain('127.0.0.1');
  });
});
