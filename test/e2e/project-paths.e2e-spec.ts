import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { OperationsListener } from '../../apps/gateway/src/operations/operations-listener.js';
import { newApiKey } from '../support/api-keys.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { send } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';
import { taskIn } from '../support/tasks.js';

const TOKEN = 'operator-token-of-32-characters-!';
const RUN = '16200450101';
const TASK = `/tasks/github-run/${RUN}`;
const mine = newApiKey('mine', { projects: ['acme/tool.kit'] });
const others = newApiKey('others', { projects: ['acme/second', 'tools/second/builder'] });
const as = ({ key }: { readonly key: string }) => ({ 'x-api-key': key });

let gateway: Gateway;
beforeAll(async () => {
  const access = { mode: 'apiKey', apiKeys: [mine.entry, others.entry] };
  gateway = await startGateway({
    config: { access, admin: { port: 0, token: '${ADMIN_TOKEN}' } },
    secrets: { ADMIN_TOKEN: TOKEN },
  });
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.control.clearRequests());

describe('a project that is named by a path', () => {
  it('in a query: found, linked to, and answered from memory under the same name', async () => {
    const first = taskIn(await gateway.get(`${TASK}?projectId=acme%2Ftool.kit`, as(mine)));
    const scope = { region: 'github', projectId: 'acme/tool.kit', instanceId: null };
    const self = `${TASK}?region=github&projectId=acme%2Ftool.kit`;
    expect(first).toMatchObject({ status: 'succeeded', source: 'live', scope, links: { self } });
    for (const path of [self, `${TASK}?projectId=acme/tool.kit`, TASK])
      expect(taskIn(await gateway.get(path, as(mine)))).toMatchObject({ source: 'cache', scope });
    expect(gateway.asked()).toEqual([`/github/repos/acme/tool.kit/actions/runs/${RUN}?exclude_pull_requests=true`]);
  });

  it('in a batch: found, and another kind of name refused alone', async () => {
    const named = [
      { provider: 'github-run', id: RUN, projectId: 'acme/tool.kit' },
      { provider: 'github-run', id: RUN, projectId: 'acme' },
      { provider: 'github-run', id: RUN, projectId: 'acme/../tool.kit' },
      { provider: 'ims', id: 'ff8080814dbd65d7014dbe0d84db0013', projectId: 'acme/tool.kit' },
    ];
    const { body } = await gateway.post('/tasks/batch-get', { tasks: named }, as(mine));
    expect(body).toMatchObject({
      items: [
        { status: 200, ref: named[0], task: { id: RUN } },
        ...[1, 2, 3].map(() => ({ status: 400, problem: { errors: [{ parameter: 'projectId' }] } })),
      ],
    });
  });

  it.each([
    'acme',
    '/tool.kit',
    'acme/',
    'acme/.',
    'acme/..',
    '../tool.kit',
    'a/b/c',
    'a%2Fb',
    'a/b?c',
    'a/b#c',
    'a//b',
  ])('name %j: refused with the pattern, and nothing sent', async (name) => {
    const detail = String.raw`projectId must match ^[A-Za-z0-9][\w-]{0,99}\/(?!\.{1,2}$)[\w.-]{1,100}$`;
    expectProblem(
      gateway,
      await gateway.get(`${TASK}?projectId=${encodeURIComponent(name)}`, as(mine)),
      'validation-failed',
      { provider: 'github-run', detail, errors: [{ detail, parameter: 'projectId' }] },
    );
    expect(gateway.asked()).toEqual([]);
  });

  it('key of other projects: refused, stored or not', async () => {
    await gateway.get(TASK, as(mine));
    gateway.simulator.control.clearRequests();
    for (const query of ['?projectId=acme%2Ftool.kit', '?projectId=acme%2FTool.Kit', ''])
      expect((await gateway.get(TASK + query, as(others))).status).toBe(403);
    expect(gateway.asked()).toEqual([]);
    const { id } = gateway.simulator.control.createTask({
      service: 'gitlab-pipeline',
      projectId: 'tools/second/builder',
    });
    const path = `/tasks/gitlab-pipeline/${id}?projectId=`;
    expect((await gateway.get(`${path}tools%2Fsecond%2Fbuilder`, as(others))).status).toBe(200);
    expect((await gateway.get(`${path}tools%2Fbuilder`, as(others))).status).toBe(403);
    expect(gateway.asked()).toEqual([`/gitlab/api/v4/projects/tools%2Fsecond%2Fbuilder/pipelines/${id}`]);
  });

  it('number of a project: is another name of it, with an answer of its own', async () => {
    const all = newApiKey('all');
    const other = await startGateway({
      simulator: gateway.simulator,
      config: { access: { mode: 'apiKey', apiKeys: [all.entry] } },
    });
    try {
      const { id } = gateway.simulator.control.createTask({ service: 'gitlab-pipeline', projectId: 'tools/builder' });
      for (const [name, source] of [
        ['4021', 'live'],
        ['tools%2Fbuilder', 'live'],
        ['4021', 'cache'],
      ])
        expect(taskIn(await other.get(`/tasks/gitlab-pipeline/${id}?projectId=${name}`, as(all)))).toMatchObject({
          source,
          status: 'succeeded',
        });
    } finally {
      await other.close();
    }
  });

  it('purge of its scope: forgets its tasks', async () => {
    await gateway.get(TASK, as(mine));
    const port = gateway.app.get(OperationsListener).address()?.port ?? 0;
    const purge = (query: string) =>
      send(port, {
        method: 'DELETE',
        path: `/admin/cache/scopes/github-run${query}`,
        headers: { authorization: `Bearer ${TOKEN}` },
      });
    expect((await purge('?projectId=acme')).status).toBe(400);
    expect((await purge('?projectId=acme%2Fother')).status).toBe(200);
    expect(taskIn(await gateway.get(TASK, as(mine))).source).toBe('cache');
    const purged = await purge('?projectId=acme%2Ftool.kit');
    expect([purged.status, purged.body]).toEqual([
      200,
      {
        purged: {
          kind: 'scope',
          scope: { provider: 'github-run', region: 'github', projectId: 'acme/tool.kit', instanceId: null },
        },
        everywhere: true,
      },
    ]);
    expect(taskIn(await gateway.get(TASK, as(mine))).source).toBe('live');
  });

  it('catalogue: tells what it looks like', async () => {
    const patternOf = async (provider: string): Promise<RegExp> => {
      const { body } = await gateway.get(`/providers/${provider}`, as(mine));
      const { scopePatterns } = body as { scopePatterns: { projectId: string } };
      return new RegExp(scopePatterns.projectId);
    };
    expect('acme/tool.kit').toMatch(await patternOf('github-run'));
    for (const name of ['4021', 'tools/second/builder']) expect(name).toMatch(await patternOf('gitlab-pipeline'));
    expect('acme/tool.kit').not.toMatch(await patternOf('ims'));
  });
});
