import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { OperationsListener } from '../../apps/gateway/src/operations/operations-listener.js';
import { send } from '../support/http-client.js';
import type { Written } from '../support/raw-exchange.js';
import { PROJECT, REGION } from '../support/tasks.js';
import { ADMIN_TOKEN, DENIED, expressGateways, get, tokenOf } from './support/express-gateways.js';
import type { Headers, Mode } from './support/express-gateways.js';

const UNKNOWN = '00000000000000000000000000000000';

const { ask, gatewayOf, issuer, linesOf, warmUp } = expressGateways();

afterEach(() => {
  jest.restoreAllMocks();
});

describe('express route: proof and freshness', () => {
  const PATH = '/tasks/ims/ascii';

  it.each([
    ['region', `/tasks/ims/ascii?region=${REGION}`],
    ['project', '/tasks/ims/ascii'],
    ['instance', '/tasks/dms/8abfa7b272adc5b40172b73130065ae7'],
    ['provider', '/tasks/ims/chinese'],
  ] as const)('key without a right to the %s: 403, whatever is stored', async (what, path) => {
    const known = await warmUp('apiKey', path);
    expect((await ask('apiKey', known)).by).toBe('express');
    for (const more of [[], [['If-None-Match', '*']], [['Cache-Control', 'only-if-cached']]] as Headers[]) {
      const { reply } = await ask('apiKey', get(path, [['X-API-Key', DENIED[what].key], ...more]));
      expect([reply.status, reply.body]).toMatchObject([403, { code: 'PERMISSION_DENIED' }]);
      expect(Object.keys(reply.headers)).not.toContain('etag');
    }
  });

  it.each(['passthrough', 'apiKey', 'jwt'] as const)(
    'no credentials, mode %s: 401, whatever is stored',
    async (mode) => {
      const path = `${PATH}?projectId=${PROJECT}`;
      expect((await ask(mode, await warmUp(mode, path))).by).toBe('express');
      expect((await ask(mode, get(path))).reply.status).toBe(401);
    },
  );

  it('Host that is none: 400', async () => {
    expect((await ask('open', await warmUp('open', PATH))).by).toBe('express');
    expect((await ask('open', { method: 'GET', path: PATH, headers: [['Host', 'a b']] })).reply.status).toBe(400);
  });

  it('another token of the same project: the cloud is asked', async () => {
    const path = `${PATH}?projectId=${PROJECT}`;
    expect((await ask('passthrough', await warmUp('passthrough', path))).by).toBe('express');
    const gateway = gatewayOf('passthrough');
    gateway.simulator.control.clearRequests();
    const other = get(path, [['X-Auth-Token', tokenOf(gateway)]]);
    const { by, reply } = await ask('passthrough', other);
    expect([by, reply.status, (reply.body as { source: string }).source]).toEqual(['controller', 200, 'live']);
    expect(gateway.asked()).toHaveLength(1);
    expect((await ask('passthrough', other)).by).toBe('express');
  });

  it('token whose proofs were purged: the cloud is asked', async () => {
    const path = `${PATH}?projectId=${PROJECT}`;
    const gateway = gatewayOf('passthrough');
    const mine = await warmUp('passthrough', path, [['X-Auth-Token', tokenOf(gateway)]]);
    expect((await ask('passthrough', { ...mine, headers: [...mine.headers, ['X-Request-Id', 'revoked-1']] })).by).toBe(
      'express',
    );
    const [{ principal = '' } = {}] = linesOf('passthrough', 'revoked-1') as { principal?: string }[];
    expect((await purge('passthrough', `/admin/proofs/${principal}`)).status).toBe(200);
    gateway.simulator.control.clearRequests();
    expect((await ask('passthrough', mine)).by).toBe('controller');
    expect(gateway.asked()).toHaveLength(1);
  });

  it.each([
    ['a task', '/admin/cache/tasks/ims/ascii'],
    ['a scope', '/admin/cache/scopes/ims'],
    ['a provider', '/admin/cache/providers/ims'],
  ])('purge of %s: the upstream is asked', async (_, what) => {
    const known = await warmUp('open', PATH);
    expect((await ask('open', known)).by).toBe('express');
    await purge('open', what);
    const { by, reply } = await ask('open', known);
    expect([by, reply.headers['cache-status']]).toEqual(['controller', 'task-gateway; fwd=uri-miss; stored']);
    expect((await ask('open', known)).by).toBe('express');
  });

  it.each([
    ['running', 1_500],
    ['ascii', 86_400_000],
  ])('task %s whose time is over: the upstream is asked', async (id, ms) => {
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
    const known = await warmUp('open', `/tasks/ims/${id}`);
    expect((await ask('open', known)).by).toBe('express');
    clock.mockReturnValue(now + ms);
    const { by, reply } = await ask('open', known);
    expect([by, reply.headers['cache-status']]).toEqual(['controller', 'task-gateway; fwd=uri-miss; stored']);
  });

  it('answer older than max-age: the upstream is asked', async () => {
    const now = Date.now();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
    await purge('open', '/admin/cache/tasks/ims/ascii');
    const known = await warmUp('open', PATH);
    clock.mockReturnValue(now + 20_000);
    const upTo = (seconds: number): Written => ({
      ...known,
      headers: [...known.headers, ['Cache-Control', `max-age=${seconds}`]],
    });
    expect((await ask('open', upTo(30))).by).toBe('express');
    const { by, reply } = await ask('open', upTo(10));
    expect([by, reply.headers['cache-status']]).toEqual(['controller', 'task-gateway; fwd=request; stored']);
  });

  it('bearer token that has expired: 401', async () => {
    const now = Date.now();
    const exp = Math.floor(now / 1000) + 60;
    const token = await issuer().token({ claims: { projects: PROJECT, exp } });
    const known = await warmUp('jwt', PATH, [['Authorization', `Bearer ${token}`]]);
    expect((await ask('jwt', known)).by).toBe('express');
    jest.spyOn(Date, 'now').mockReturnValue(now + 70_000);
    expect((await ask('jwt', known)).reply.status).toBe(401);
  });

  it('URL that nobody has asked by: the controller looks, and finds the same task stored', async () => {
    const path = `/tasks/ims/${gatewayOf('open').simulator.control.createTask({ service: 'ims' }).id}`;
    expect((await ask('open', await warmUp('open', path))).by).toBe('express');
    const { by, reply } = await ask('open', get(`${path}?view=full`));
    expect([by, reply.status]).toEqual(['controller', 200]);
    const missing = get(`/tasks/ims/${UNKNOWN}`);
    for (let look = 0; look < 2; look += 1) {
      const { by, reply } = await ask('open', missing);
      expect([by, reply.status]).toEqual(['controller', 404]);
    }
  });

  function purge(mode: Mode, path: string): ReturnType<typeof send> {
    const port = gatewayOf(mode).app.get(OperationsListener).address()?.port ?? 0;
    return send(port, { method: 'DELETE', path, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  }
});
