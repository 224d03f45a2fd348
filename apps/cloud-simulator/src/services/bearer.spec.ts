import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO_PASSWORD } from '../accounts.js';
import { startSimulator } from '../simulator.js';
import type { Simulator } from '../simulator.js';
import { ask, askWithToken, pathTo, SECOND_PROJECT, signedHeaders, tokenFor } from '../testing/ask.js';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
afterEach(() => simulator.control.reset());

const bearer = (path: string, token = DEMO_PASSWORD) =>
  ask(simulator, path, { headers: { Authorization: `Bearer ${token}` } });

const HETZNER = { error: { code: 'unauthorized', message: expect.any(String), details: null } };
const GITHUB = { message: 'Bad credentials', documentation_url: expect.any(String), status: '401' };
const NOT_FOUND = { message: 'Not Found', documentation_url: expect.any(String), status: '404' };

describe('a cloud without an IAM', () => {
  it.each([
    ['/hetzner/v1/actions/581920441', HETZNER],
    ['/github/repos/acme/tool.kit/actions/runs/16200450101?exclude_pull_requests=true', GITHUB],
  ])('%s: takes bearer tokens, and nothing else', async (path, body) => {
    expect((await bearer(path)).status).toBe(200);
    expect((await bearer(path, tokenFor(simulator))).status).toBe(200);
    const [address = ''] = path.split('?');
    for (const reply of [
      await ask(simulator, path),
      await bearer(path, 'another'),
      await askWithToken(simulator, path, tokenFor(simulator)),
      await ask(simulator, path, { headers: signedHeaders(address) }),
    ])
      expect([reply.status, reply.body]).toEqual([401, body]);
  });

  it('token that was revoked or has ended: is no token', async () => {
    for (const as of ['expired', 'invalid'] as const) {
      const token = tokenFor(simulator);
      simulator.control.revokeTokens({ as });
      expect((await bearer('/hetzner/v1/actions/581920441', token)).body).toEqual(HETZNER);
    }
  });

  it('task of another project than that of the token: is not there', async () => {
    const { id } = simulator.control.createTask({ service: 'hetzner', projectId: SECOND_PROJECT });
    const path = `/hetzner/v1/actions/${id}`;
    expect((await bearer(path, tokenFor(simulator))).status).toBe(404);
    expect((await bearer(path, tokenFor(simulator, SECOND_PROJECT))).status).toBe(200);
  });

  it('project: by its path or number, whatever else is not there', async () => {
    const { id } = simulator.control.createTask({ service: 'gitlab-pipeline', projectId: 'tools/builder' });
    for (const name of ['tools%2Fbuilder', '4021'])
      expect((await bearer(`/gitlab/api/v4/projects/${name}/pipelines/${id}`)).status).toBe(200);
    for (const name of ['tools%2Fsecond%2Fbuilder', '4022'])
      expect((await bearer(`/gitlab/api/v4/projects/${name}/pipelines/${id}`)).body).toEqual({
        message: '404 Not found',
      });
    expect((await bearer(`/gitlab/api/v4/projects/nobody%2Fnothing/pipelines/${id}`)).body).toEqual({
      message: '404 Project Not Found',
    });
    const run = (name: string) => `/github/repos/${name}/actions/runs/1?exclude_pull_requests=true`;
    for (const name of ['acme/tool.kit', 'acme/nothing']) expect((await bearer(run(name))).body).toEqual(NOT_FOUND);
  });

  it.each([
    ['/digitalocean/v2/actions/2019384751', 'ratelimit'],
    ['/gitlab/api/v4/projects/4021/pipelines/1188200101', 'ratelimit'],
    ['/github/repos/acme/tool.kit/actions/runs/16200450101?exclude_pull_requests=true', 'x-ratelimit'],
  ])('%s: says what is left of its limit, also in a refusal', async (path, prefix) => {
    for (const reply of [await bearer(path), await bearer(path, 'another')]) {
      expect(reply.headers.get(`${prefix}-remaining`)).toBe('4999');
      expect(Number(reply.headers.get(`${prefix}-reset`)) * 1000).toBeGreaterThan(simulator.control.now());
    }
  });
});

it('a cloud with an IAM: takes no bearer token', async () => {
  const path = pathTo.ims('ff8080814dbd65d7014dbe0d84db0013');
  expect((await askWithToken(simulator, path, tokenFor(simulator))).status).toBe(200);
  for (const token of [DEMO_PASSWORD, tokenFor(simulator)]) expect((await bearer(path, token)).status).toBe(401);
});
