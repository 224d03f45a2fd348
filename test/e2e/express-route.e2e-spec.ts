import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { OperationsListener } from '../../apps/gateway/src/operations/operations-listener.js';
import { newApiKey } from '../support/api-keys.js';
import { eventually } from '../support/eventually.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { send } from '../support/http-client.js';
import { AUDIENCE, startIssuer } from '../support/issuer.js';
import type { Issuer } from '../support/issuer.js';
import { converse, exchange, watchController, withoutExpress } from '../support/raw-exchange.js';
import type { Answered, WatchedController, Written } from '../support/raw-exchange.js';
import { APIG_INSTANCE, DMS_INSTANCE, PROJECT, REGION } from '../support/tasks.js';

type Headers = Written['headers'];
interface Line {
  readonly requestId?: string;
  readonly status?: number;
}
/** Credentials, and whether they may read every task here. */
interface Credential {
  readonly sent: Headers;
  readonly status: 200 | 400 | 401 | 403;
}

const ORIGIN = 'https://app.example.com';
const ADMIN_TOKEN = 'operator-token-of-32-characters-!';
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const EXPORT = 'c1c2c3d4e5f60718293a4b5c6d7e8f90';
const UNKNOWN = '00000000000000000000000000000000';
const ANY = newApiKey('any');
const DENIED = {
  region: newApiKey('region', { regions: ['elsewhere'] }),
  project: newApiKey('project', { projects: ['elsewhere'] }),
  instance: newApiKey('instance', { instances: ['elsewhere'] }),
  provider: newApiKey('provider', { providers: ['apig'] }),
};
const ADDRESSES = { iam: '${SIMULATOR_URL}/iam', endpoint: '${SIMULATOR_URL}/{service}' };

let controller: WatchedController;
let issuer: Issuer;
let tasks: readonly { readonly provider: string; readonly id: string }[];
const gateways: Partial<Record<Mode, Gateway>> = {};
const credentials: Partial<Record<Mode, readonly Credential[]>> = {};
const MODES = ['open', 'cors', 'passthrough', 'apiKey', 'jwt'] as const;
type Mode = (typeof MODES)[number];

const gatewayOf = (mode: Mode): Gateway => gateways[mode] as Gateway;
const tokenOf = (gateway: Gateway, projectId = PROJECT): string =>
  gateway.simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId });

beforeAll(async () => {
  controller = watchController();
  issuer = await startIssuer();
  const admin = { port: 0, token: '${ADMIN_TOKEN}' };
  const secrets = { ADMIN_TOKEN };
  // What is compared are answers: a busy machine may take its time for them.
  const upstream = { connectMs: 10_000, attemptMs: 30_000, requestMs: 60_000 };
  const open = await startGateway({ config: { admin, upstream, server: {} }, secrets });
  const { simulator } = open;
  const login = { mode: 'password', domain: 'demo', user: 'demo', password: '${SIMULATOR_PASSWORD}' };
  const own = [{ name: REGION, projectId: PROJECT, ...ADDRESSES, credentials: { mode: 'passthrough' } }];
  const claims = { regions: 'any', projects: 'projects', instances: 'any', providers: 'any' };
  const jwt = { issuer: issuer.url, audience: AUDIENCE, algorithms: ['RS256'], claims };
  const apiKeys = [ANY, ...Object.values(DENIED)].map(({ entry }) => entry);
  const start = (config: Readonly<Record<string, unknown>>): Promise<Gateway> =>
    startGateway({ simulator, secrets, config: { admin, upstream, ...config } });
  gateways.open = open;
  gateways.cors = await start({ server: { corsOrigins: [ORIGIN] } });
  gateways.passthrough = await start({ regions: own, access: { mode: 'passthrough' } });
  gateways.apiKey = await start({
    access: { mode: 'apiKey', apiKeys },
    regions: [
      { name: REGION, ...ADDRESSES, credentials: login },
      { name: 'elsewhere', ...ADDRESSES, credentials: login },
    ],
    providers: [
      { id: 'apig', region: REGION, projectId: PROJECT, instanceId: APIG_INSTANCE },
      { id: 'ims', region: REGION, projectId: PROJECT },
      { id: 'dms', region: REGION, projectId: PROJECT, instanceId: DMS_INSTANCE },
    ],
  });
  gateways.jwt = await start({ access: { mode: 'jwt', jwt } });
  const { control } = simulator;
  const put = (id: string, status: string, text: string): void =>
    control.putReply({ service: 'ims', id, body: { job_id: id, status, job_type: 'new', entities: { text } } });
  put('ascii', 'SUCCESS', 'plain');
  put('chinese', 'SUCCESS', '任务已完成');
  put('latin', 'SUCCESS', '\u0080\u00e9\u00ff');
  put('running', 'RUNNING', 'plain');
  put('large', 'SUCCESS', 'word '.repeat(200_000));
  const file = JSON.stringify({ FileName: 'é', FileType: '.json', Comment: '{}' });
  const exported = { task_id: EXPORT, task_status: 'succeed', task_type: 'export_api', task_result: file };
  control.putReply({ service: 'apig', id: EXPORT, body: exported });
  tasks = [
    ...['ascii', 'chinese', 'latin', 'running', 'large'].map((id) => ({ provider: 'ims', id })),
    { provider: 'apig', id: EXPORT },
    { provider: 'apig', id: '4dfbf6acaacf4c41a8b3c50daa90d3dc' },
    { provider: 'dms', id: '8abfa7b272adc5b40172b73130065ae7' },
  ];
  const none: Credential = { sent: [], status: 200 };
  const token: Credential = { sent: [['X-Auth-Token', tokenOf(open)]], status: 200 };
  const twoTokens: Credential = { sent: [...token.sent, ...token.sent], status: 400 };
  const key = (value: string): readonly [string, string] => ['X-API-Key', value];
  const denied = [DENIED.region, DENIED.project].map((each): Credential => ({ sent: [key(each.key)], status: 403 }));
  const bearer = (value: string): readonly [string, string] => ['Authorization', `Bearer ${value}`];
  const good = bearer(await issuer.token({ claims: { projects: PROJECT } }));
  credentials.open = [none, token, twoTokens, { sent: [['X-Auth-Token', 'a, b']], status: 400 }];
  credentials.cors = credentials.open;
  credentials.passthrough = [
    token,
    { sent: [], status: 401 },
    { sent: [['X-Auth-Token', 'x']], status: 401 },
    twoTokens,
  ];
  credentials.apiKey = [
    { sent: [key(ANY.key)], status: 200 },
    { sent: [key(ANY.key), ...token.sent], status: 200 },
    { sent: [key(ANY.key), ...twoTokens.sent], status: 400 },
    { sent: [key(ANY.key), key(ANY.key)], status: 400 },
    { sent: [key('wrong')], status: 401 },
    { sent: [], status: 401 },
    ...denied,
  ];
  credentials.jwt = [
    { sent: [good], status: 200 },
    { sent: [good, ...token.sent], status: 200 },
    { sent: [good, good], status: 400 },
    { sent: [bearer('a.b.c')], status: 401 },
    { sent: [bearer(await issuer.token({ claims: { projects: 'elsewhere' } }))], status: 403 },
    { sent: [], status: 401 },
  ];
});
afterAll(async () => {
  controller.stop();
  for (const mode of MODES.toReversed()) await gateways[mode]?.close();
  await issuer.close();
});
afterEach(() => {
  jest.restoreAllMocks();
});

const ask = (mode: Mode, written: Written): Promise<Answered> => exchange(gatewayOf(mode).port, controller, written);
const get = (path: string, headers: Headers = []): Written => ({
  method: 'GET',
  path,
  headers: [['Host', 'a'], ...headers],
});
/** Asks once, so that the answer is stored and its URL known. */
async function warmUp(
  mode: Mode,
  path: string,
  headers: Headers = credentials[mode]?.[0]?.sent ?? [],
): Promise<Written> {
  await ask(mode, get(path, headers));
  return get(path, headers);
}
const linesOf = (mode: Mode, id: string): readonly Line[] =>
  gatewayOf(mode)
    .logs.map((line) => JSON.parse(line) as Line)
    .filter(({ requestId }) => requestId === id);

describe("express route: its replies are the controller's, byte for byte", () => {
  const scope = { region: REGION, projectId: PROJECT };
  const spelled = (text: string, way: string): string =>
    way === 'as it is'
      ? text
      : `%${text.charCodeAt(0).toString(16)[way === 'upper' ? 'toUpperCase' : 'toLowerCase']()}${text.slice(1)}`;
  const validators: readonly (readonly [string, (etag: string) => Headers, boolean])[] = [
    ['none', () => [], false],
    ['equal', (etag) => [['If-None-Match', etag]], true],
    ['strong', (etag) => [['If-None-Match', etag.replace('W/', '')]], true],
    ['a list', (etag) => [['If-None-Match', `"one", ${etag}`]], true],
    [
      'two headers',
      (etag) => [
        ['If-None-Match', '"one"'],
        ['If-None-Match', etag],
      ],
      true,
    ],
    ['a star', () => [['If-None-Match', '*']], true],
    ['another', () => [['If-None-Match', 'W/"other"']], false],
    ['nonsense', () => [['If-None-Match', ',;"W/']], false],
  ];
  const requests = fc.record({
    task: fc.nat(),
    spelling: fc.constantFrom('as it is', 'as it is', 'upper', 'lower'),
    query: fc.shuffledSubarray(['region', 'projectId', 'view=basic', 'view=full', 'instanceId']),
    isArtifact: fc.constantFrom(false, false, false, true),
    method: fc.constantFrom('GET', 'GET', 'GET', 'GET', 'HEAD', 'POST'),
    version: fc.constantFrom('1.1', '1.1', '1.0'),
    hosts: fc.constantFrom(1, 1, 1, 1, 0, 2),
    credential: fc.oneof({ arbitrary: fc.constant(0), weight: 2 }, fc.nat()),
    validator: fc.constantFrom(...validators),
    caching: fc.constantFrom(null, null, 'no-cache', 'no-store', 'max-age=0', 'max-age=60', 'only-if-cached', ',;=x'),
    requestId: fc.constantFrom(null, 'mine-1', 'a"b', 'x'.repeat(129)),
    trace: fc.constantFrom(null, TRACE, 'nonsense', `${TRACE}-x`),
    origin: fc.constantFrom(null, null, ORIGIN, 'https://evil.example.com', 'null'),
    body: fc.constantFrom(null, null, null, 'GET / HTTP/1.1\r\n\r\n'),
  });

  it.each(MODES)(
    '%s',
    async (mode) => {
      jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 1_000);
      const sides = credentials[mode] ?? [];
      let express = 0;
      await fc.assert(
        fc.asyncProperty(requests, async (drawn) => {
          const { provider, id } = tasks[drawn.task % tasks.length] as (typeof tasks)[number];
          const { sent, status: allowed } = sides[drawn.credential % sides.length] as Credential;
          const instance = provider === 'apig' ? APIG_INSTANCE : DMS_INSTANCE;
          const views = drawn.query.filter((member) => member.startsWith('view'));
          const members = drawn.query
            .filter((member) => !member.startsWith('view') || (member === views[0] && !drawn.isArtifact))
            .filter((member) => member !== 'instanceId' || provider !== 'ims')
            .map((name) => {
              if (name.startsWith('view')) return name;
              return `${name}=${name === 'instanceId' ? instance : scope[name as 'region']}`;
            });
          const query = members.length === 0 ? '' : `?${members.join('&')}`;
          const path = `/tasks/${provider}/${spelled(id, drawn.spelling)}${drawn.isArtifact ? '/artifact' : ''}${query}`;
          const first = await warmUp(mode, path);
          const { etag = '' } = (await ask(mode, first)).reply.headers;
          const [, validator, isKnown] = drawn.validator;
          const one = (name: string, value: string | null): Headers => (value === null ? [] : [[name, value]]);
          const written: Written = {
            method: drawn.method,
            path,
            version: drawn.version,
            headers: [
              ...Array.from({ length: drawn.hosts }, (): readonly [string, string] => ['Host', 'a']),
              ...sent,
              ...validator(etag),
              ...one('Cache-Control', drawn.caching),
              ...one('X-Request-Id', drawn.requestId),
              ...one('traceparent', drawn.trace),
              ...one('Origin', drawn.origin),
              ...one('Content-Length', drawn.body === null ? null : String(drawn.body.length)),
            ],
            ...(drawn.body === null ? {} : { body: drawn.body }),
          };
          const isReload = /no-|=0/.test(drawn.caching ?? '');
          const hostsAreWrong = drawn.hosts > 1 || (drawn.hosts === 0 && drawn.version === '1.1');
          const isExpress =
            drawn.method !== 'POST' &&
            !hostsAreWrong &&
            !drawn.isArtifact &&
            !isReload &&
            allowed === 200 &&
            // Else the token is asked for its project.
            (mode !== 'passthrough' || path.includes('projectId='));
          const { by, head, content, reply } = await ask(mode, written);
          if (hostsAreWrong) expect(reply.status).toBe(400);
          else if (drawn.method === 'POST') expect(reply.status).toBe(405);
          else if (allowed !== 200)
            // A cloud token of which nothing is stored cannot be found out about without asking.
            expect([allowed, ...(drawn.caching === 'only-if-cached' ? [504] : [])]).toContain(reply.status);
          else if (!drawn.isArtifact) expect(reply.status).toBe(isKnown ? 304 : 200);
          if (!isExpress) return;
          expect(by).toBe('express');
          express += 1;
          const behind = await withoutExpress(gatewayOf(mode).app, () => ask(mode, written));
          expect(behind.by).toBe('controller');
          expect(head.toSorted()).toEqual(behind.head.toSorted());
          expect(content.equals(behind.content)).toBe(true);
        }),
        { numRuns: 100, seed: 20_261_121 },
      );
      expect(express).toBeGreaterThan(10);
    },
    120_000,
  );
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
    const token = await issuer.token({ claims: { projects: PROJECT, exp } });
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
      const { by: whom, reply: refusal } = await ask('open', missing);
      expect([whom, refusal.status]).toEqual(['controller', 404]);
    }
  });

  function purge(mode: Mode, path: string): ReturnType<typeof send> {
    const port = gatewayOf(mode).app.get(OperationsListener).address()?.port ?? 0;
    return send(port, { method: 'DELETE', path, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  }
});

it('access log: a caller who leaves in the middle of a stored answer has one line with 499', async () => {
  const path = '/tasks/ims/large';
  await warmUp('open', path);
  const socket = connect(gatewayOf('open').port, '127.0.0.1');
  const ids = Array.from({ length: 16 }, (_, index) => `leaving-${index}`);
  socket.write(ids.map((id) => `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Request-Id: ${id}\r\n\r\n`).join(''));
  await once(socket, 'readable');
  socket.destroy();
  const statuses = (): readonly unknown[] => ids.flatMap((id) => linesOf('open', id)).map(({ status }) => status);
  await eventually(() => statuses().includes(499));
  for (const id of ids) expect(linesOf('open', id).length).toBeLessThanOrEqual(1);
});

it.each(MODES)("access log, mode %s: a stored answer has one line, the controller's", async (mode) => {
  const known = await warmUp(mode, `/tasks/ims/ascii?projectId=${PROJECT}`);
  const named = {
    ...known,
    headers: [...known.headers, ['X-Request-Id', `line-${mode}`], ['traceparent', TRACE]] as Headers,
  };
  jest.spyOn(Date, 'now').mockReturnValue(Date.now());
  expect((await ask(mode, named)).by).toBe('express');
  expect((await withoutExpress(gatewayOf(mode).app, () => ask(mode, named))).by).toBe('controller');
  await eventually(() => linesOf(mode, `line-${mode}`).length >= 2);
  const [express, behind, ...more] = linesOf(mode, `line-${mode}`).map((line) => ({ ...line, ms: 0 }));
  expect(express).toEqual(behind);
  expect(more).toEqual([]);
});

describe('one connection', () => {
  it('pipelined requests, stored and not: replies in their order', async () => {
    const path = '/tasks/ims/ascii';
    await warmUp('open', path);
    const ask1 = (target: string, ...more: readonly string[]): string =>
      [`GET ${target} HTTP/1.1`, 'Host: a', ...more, '', ''].join('\r\n');
    const body = 'GET /nowhere HTTP/1.1\r\n\r\n';
    const said = await converse(
      gatewayOf('open').port,
      [
        ask1('/providers/ims', 'X-Request-Id: one'),
        ask1(path, 'X-Request-Id: two'),
        ask1(path, 'X-Request-Id: three', 'Cache-Control: no-cache'),
        ask1(path, 'X-Request-Id: four', `Content-Length: ${body.length}`) + body,
        ask1(path, 'X-Request-Id: five', 'Expect: 100-continue'),
        ask1(path, 'X-Request-Id: six', 'Transfer-Encoding: chunked') + `5\r\nhello\r\n0\r\n\r\n`,
        ask1(path, 'X-Request-Id: seven', 'If-None-Match: *'),
        ask1('/livez', 'X-Request-Id: eight', 'Connection: close'),
      ].join(''),
    );
    const names = [...said.toString('latin1').matchAll(/^x-request-id: (\w+)\r$/gm)].map(([, name]) => name);
    expect(names).toEqual(['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']);
    const statuses = [...said.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
    expect(statuses.filter((status) => status !== 100)).toEqual([200, 200, 200, 200, 200, 200, 304, 200]);
  });
});
