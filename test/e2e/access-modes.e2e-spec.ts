import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { newApiKey } from '../support/api-keys.js';
import { eventually } from '../support/eventually.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { send } from '../support/http-client.js';
import { AUDIENCE, startIssuer } from '../support/issuer.js';
import type { Issuer } from '../support/issuer.js';
import { OPENAPI } from '../support/openapi.js';
import { expectProblem } from '../support/problems.js';
import { PROJECT, REGION, taskIn } from '../support/tasks.js';

const TASK = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
const APP = 'https://app.example.com';
const OWN = 'eu-own-1';
const SECOND_PROJECT = '5f3a8e0d7c1b4e6f9a2d4c8b1e7f6a35';
const server = { corsOrigins: [APP] };
const { key, entry } = newApiKey('any');
const NEEDS = {
  open: [],
  passthrough: ['tasks'],
  apiKey: ['tasks', 'providers', 'version'],
  jwt: ['tasks', 'providers', 'version'],
} as const;
const VARY = {
  open: ['origin', 'x-auth-token'],
  passthrough: ['origin', 'x-auth-token'],
  apiKey: ['origin', 'x-api-key', 'x-auth-token'],
  jwt: ['authorization', 'origin', 'x-auth-token'],
} as const;
type Mode = keyof typeof NEEDS;
const MODES = Object.keys(NEEDS) as readonly Mode[];

let simulator: Simulator;
let issuer: Issuer;
let gateways: Readonly<Record<Mode, Gateway>>;
beforeAll(async () => {
  [simulator, issuer] = await Promise.all([startSimulator({ tokenLength: 16_384 }), startIssuer()]);
  const claims = { regions: 'any', projects: 'any', instances: 'any', providers: 'any' };
  const addresses = { iam: '${SIMULATOR_URL}/iam', endpoint: '${SIMULATOR_URL}/{service}' };
  const login = { mode: 'password', domain: 'demo', user: 'demo', password: '${SIMULATOR_PASSWORD}' };
  const regions = [
    { name: OWN, ...addresses, credentials: { mode: 'passthrough' } },
    { name: REGION, ...addresses, credentials: login },
  ];
  const start = (access: object): Promise<Gateway> =>
    startGateway({ simulator, config: { server, regions, providers: [{ id: 'ims', region: OWN }], access } });
  gateways = {
    open: await start({}),
    passthrough: await start({ mode: 'passthrough' }),
    apiKey: await start({ mode: 'apiKey', apiKeys: [entry] }),
    jwt: await start({ mode: 'jwt', jwt: { issuer: issuer.url, audience: AUDIENCE, claims } }),
  };
});
afterAll(async () => {
  await Promise.all(MODES.map((mode) => gateways[mode].close()));
  await Promise.all([simulator.close(), issuer.close()]);
});

const newToken = (): string => simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId: PROJECT });
async function credentials(mode: Mode): Promise<Readonly<Record<string, string>>> {
  if (mode === 'apiKey') return { 'x-api-key': key, 'x-auth-token': newToken() };
  if (mode === 'jwt') return { authorization: `Bearer ${await issuer.token()}`, 'x-auth-token': newToken() };
  return { 'x-auth-token': newToken() };
}

describe.each(MODES)('in mode %s', (mode) => {
  const operations = Object.entries(OPENAPI.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
  );

  it.each(operations)('%s %s: needs a caller or does not, whatever else is wrong', async (method, template) => {
    const gateway = gateways[mode];
    const guarded = (NEEDS[mode] as readonly string[]).includes(template.split('/')[1] ?? '');
    for (const path of [template.replaceAll(/\{\w+\}/g, 'x'), `${template.replaceAll(/\{\w+\}/g, 'ims')}?colour=red`]) {
      const body = method === 'POST' ? { headers: { 'content-type': 'application/json' }, body: '{}' } : {};
      const reply = await gateway.ask({ method, path, ...body });
      // HEAD has no body to look at.
      if (guarded && method !== 'HEAD') expectProblem(gateway, reply, 'unauthenticated');
      else if (guarded) expect(reply.status).toBe(401);
      else expect(reply.status).not.toBe(401);
      expect(reply.headers['www-authenticate'] !== undefined).toBe(guarded);
    }
  });

  it('documentation, and what does not exist: no caller needed', async () => {
    const { port } = gateways[mode];
    expect((await send(port, { path: '/openapi.json' })).status).toBe(200);
    expect((await send(port, { path: '/docs' })).status).toBe(200);
    expect((await gateways[mode].get('/nowhere')).status).toBe(404);
    expect((await gateways[mode].ask({ method: 'DELETE', path: TASK })).status).toBe(405);
  });

  it('any reply: Vary names all that can change it', async () => {
    const known = await credentials(mode);
    for (const [path, headers] of [
      [TASK, known],
      [TASK, {}],
      ['/providers', {}],
      ['/livez', {}],
      ['/nowhere', {}],
      ['/%ff', {}],
    ] as const) {
      const reply = await gateways[mode].get(path, { ...headers, origin: APP });
      const named = String(reply.headers.vary)
        .toLowerCase()
        .split(/\s*,\s*/);
      // A path that cannot be read is refused before anybody looks at its origin.
      const origin = path === '/%ff' ? [] : ['origin'];
      const prefer = path === TASK ? ['prefer'] : [];
      const credential = VARY[mode].filter((name) => name !== 'origin');
      expect(named.toSorted()).toEqual([...credential, ...origin, ...prefer].toSorted());
    }
  });

  it('page of a configured origin: may send credentials', async () => {
    const wanted = VARY[mode].filter((name) => name !== 'origin');
    const headers = {
      origin: APP,
      'access-control-request-method': 'GET',
      'access-control-request-headers': wanted.join(', '),
    };
    const reply = await send(gateways[mode].port, { method: 'OPTIONS', path: TASK, headers });
    expect(reply.status).toBe(204);
    expect(String(reply.headers['access-control-allow-headers']).split(/\s*,\s*/)).toEqual(wanted);
  });

  it("cloud token of 16,384 characters: sent to the region's services, and no other credential is", async () => {
    simulator.control.clearRequests();
    const headers = await credentials(mode);
    expect(headers['x-auth-token']).toHaveLength(16_384);
    const others = { 'x-api-key': key, authorization: 'Bearer x', cookie: 'a=b' };
    expect(taskIn(await gateways[mode].get(TASK, { ...others, ...headers })).scope.region).toBe(OWN);
    expect(simulator.control.requests('ims')).toHaveLength(1);
    for (const { headers: sent } of simulator.control.requests())
      expect(sent.filter((name) => /api-key|authorization|cookie/.test(name))).toEqual([]);
  });

  it('cloud token sent twice: 400', async () => {
    const headers = await credentials(mode);
    const token = headers['x-auth-token'] ?? '';
    for (const given of [[token, token], `${token},x`, '']) {
      const reply = await gateways[mode].get(TASK, { ...headers, 'x-auth-token': given });
      const detail =
        'X-Auth-Token must be one token of visible ASCII characters, without quotes, commas and backslashes.';
      expectProblem(gateways[mode], reply, 'validation-failed', {
        detail,
        errors: [{ detail, header: 'X-Auth-Token' }],
        ...(mode === 'passthrough' ? {} : { provider: 'ims' }),
      });
    }
  });

  it('access log: a principal stands for the cloud token', async () => {
    const headers = await credentials(mode);
    await gateways[mode].get(TASK, { ...headers, 'x-request-id': 'logged' });
    await eventually(() => gateways[mode].logs.some((line) => line.includes('"logged"')));
    const line = gateways[mode].logs.find((text) => text.includes('"logged"')) ?? '{}';
    expect(JSON.parse(line)).toMatchObject({ status: 200, principal: expect.stringMatching(/^[\w-]{43}$/) });
    for (const secret of Object.values(headers))
      expect(gateways[mode].logs.join('')).not.toContain(secret.slice(0, 60));
  });
});

describe('the cloud token as the identity', () => {
  it('missing: 401 before anything else', async () => {
    const gateway = gateways.passthrough;
    for (const path of [TASK, '/tasks/nowhere/x', '/tasks/ims/..%2f', `${TASK}?colour=red`]) {
      const reply = await gateway.get(path, { 'x-api-key': key, authorization: 'Bearer x' });
      expectProblem(gateway, reply, 'unauthenticated', { detail: 'Send your own cloud token as X-Auth-Token.' });
      expect(reply.headers['www-authenticate']).toBe('X-Auth-Token realm="task-gateway"');
    }
  });

  it('region that the gateway reads with its own credentials: opens to tokens of that very project', async () => {
    const gateway = gateways.passthrough;
    const path = `${TASK}?region=${REGION}&projectId=${PROJECT}`;
    expect((await gateways.open.get(path)).status).toBe(200);
    expect((await gateway.get(path, { 'x-auth-token': newToken() })).status).toBe(200);
    simulator.control.clearRequests();
    const elsewhere = simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId: SECOND_PROJECT });
    const refused = await gateway.get(path, { 'x-auth-token': elsewhere });
    expectProblem(gateway, refused, 'permission-denied', {
      provider: 'ims',
      detail: 'Your token is not of the project that is asked about.',
    });
    const unknown = await gateway.get(path, { 'x-auth-token': 'made-up' });
    expect(unknown.body).toMatchObject({ status: 401, code: 'UPSTREAM_CREDENTIALS_REJECTED' });
    expect(simulator.control.requests().filter(({ service }) => service !== 'iam')).toEqual([]);
  });
});
