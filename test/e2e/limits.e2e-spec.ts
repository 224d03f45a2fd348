import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OperationsListener } from '../../apps/gateway/src/operations/operations-listener.js';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { newApiKey } from '../support/api-keys.js';
import { keepBusy } from '../support/busy-loop.js';
import { eventually } from '../support/eventually.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { send } from '../support/http-client.js';
import type { Reply } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';
import { PROJECT, REGION } from '../support/tasks.js';

const ADMIN_TOKEN = 'operator-token-of-32-characters-!';
const ID = 'ff8080814dbd65d7014dbe0d84db0013';
const TASK = `/tasks/ims/${ID}`;
/** Nothing is saved up within a test. */
const SELDOM = 0.001;
const TWO = [newApiKey('one'), newApiKey('other')] as const;
const [one, other] = [{ 'x-api-key': TWO[0].key }, { 'x-api-key': TWO[1].key }];

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());
let gateway: Gateway;
afterEach(() => gateway.close());

const start = async (limits: object, config: object = {}): Promise<void> => {
  const access = { mode: 'apiKey', apiKeys: TWO.map(({ entry }) => entry) };
  gateway = await startGateway({ simulator, config: { access, limits, ...config }, secrets: { ADMIN_TOKEN } });
};

const references = (count: number) => ({
  tasks: Array.from({ length: count }, (_, index) => ({ provider: 'ims', id: `${ID.slice(0, -3)}${100 + index}` })),
});
const leftIn = ({ headers }: Reply): unknown => headers['ratelimit'];
const shareOf = (left: number): unknown => expect.stringMatching(new RegExp(`^"default";r=${left};t=\\d+$`));
/** Refused for so long, less what has passed since the first request. @param from before that, by `performance.now()` */
function expectLimited(refused: Reply, seconds: number, from: number): void {
  const { retryAfterSeconds } = refused.body as { readonly retryAfterSeconds: number };
  expectProblem(gateway, refused, 'rate-limited', { retryAfterSeconds });
  expect(retryAfterSeconds).toBeLessThanOrEqual(seconds);
  expect(retryAfterSeconds).toBeGreaterThanOrEqual(Math.floor(seconds - (performance.now() - from) / 1000));
}

describe('the requests of a caller', () => {
  it('are counted: each reply says what is left, and one too many is refused until there is some again', async () => {
    await start({ requestsPerSecond: SELDOM, burst: 4 });
    const from = performance.now();
    const first = await gateway.get(TASK, one);
    expect(first.headers).toMatchObject({
      ratelimit: '"default";r=3;t=1000',
      'ratelimit-policy': '"default";q=4;w=4000',
    });
    const again = await gateway.get(TASK, { ...one, 'if-none-match': first.headers.etag ?? '' });
    expect([again.status, leftIn(again)]).toEqual([304, shareOf(2)]);
    const wrong = await gateway.get('/tasks/ims/..%2f', one);
    expect([wrong.status, leftIn(wrong)]).toEqual([400, shareOf(1)]);
    const waited = await gateway.get(TASK, { ...one, prefer: 'wait=5' });
    expect([waited.status, leftIn(waited)]).toEqual([200, shareOf(0)]);
    for (const headers of [one, { ...one, prefer: 'wait=5' }]) {
      const refused = await gateway.get(TASK, headers);
      expectLimited(refused, 1000, from);
      expect(leftIn(refused)).toEqual(shareOf(0));
    }
    expect((await gateway.get(TASK, other)).headers).toMatchObject({ ratelimit: shareOf(3) });
  });

  it('are counted by the key alone, whatever cloud tokens come along', async () => {
    await start({ requestsPerSecond: SELDOM, burst: 3 });
    const left = [];
    for (const token of ['a', 'b', 'c', 'd'])
      left.push((await gateway.get(TASK, { ...one, 'x-auth-token': token })).status);
    expect(left).toEqual([200, 200, 200, 429]);
  });

  it('a batch: counts as its tasks, a stream as one', async () => {
    await start({ requestsPerSecond: SELDOM, burst: 10 });
    const from = performance.now();
    expect(leftIn(await gateway.post('/tasks/batch-get', references(6), one))).toEqual(shareOf(4));
    const refused = await gateway.post('/tasks/batch-get', references(6), one);
    expectLimited(refused, 3000, from);
    expect(leftIn(await gateway.get(`${TASK}/events`, one))).toEqual(shareOf(2));
    const many = await gateway.post('/tasks/events', { tasks: [{ provider: 'ims', id: ID }] }, one);
    expect([many.status, leftIn(many)]).toEqual([200, shareOf(1)]);
    expect((await gateway.post('/tasks/batch-get', references(100), other)).status).toBe(207);
    expect((await gateway.get(TASK, other)).status).toBe(429);
  });

  it('that are for everybody, or of nobody who is known: are not counted', async () => {
    await start({ requestsPerSecond: SELDOM, burst: 1 });
    for (const path of ['/livez', '/readyz', '/problems', '/openapi.json', '/livez']) {
      const reply = await gateway.get(path, one);
      expect([path, reply.status, leftIn(reply)]).toEqual([path, 200, undefined]);
    }
    // Refused before anybody looks who asks.
    for (const [ask, status] of [
      [{ path: '/nowhere' }, 404],
      [{ method: 'DELETE', path: TASK }, 405],
      [{ method: 'POST', path: '/tasks/batch-get', body: 'x' }, 415],
      [{ path: `/tasks/ims/${'x'.repeat(9_000)}` }, 414],
    ] as const) {
      const reply = await gateway.ask({ ...ask, headers: one });
      expect([ask.path, reply.status, leftIn(reply)]).toEqual([ask.path, status, undefined]);
    }
    const unknown = await gateway.get(TASK, { 'x-api-key': 'made-up' });
    expect([unknown.status, leftIn(unknown)]).toEqual([401, undefined]);
    expect((await gateway.get(TASK, one)).status).toBe(200);
  });

  it('are not counted where nothing says so', async () => {
    await start({});
    const { status, headers } = await gateway.get(TASK, one);
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('ratelimit');
    expect(headers).not.toHaveProperty('ratelimit-policy');
  });
});

describe('600 made-up credentials at once', () => {
  it('keys: cost the owner of a key nothing', async () => {
    await start({ requestsPerSecond: SELDOM, burst: 2 });
    const flood = Array.from({ length: 600 }, (_, index) => gateway.get(TASK, { 'x-api-key': `made-up-${index}` }));
    const own = gateway.get(TASK, one);
    expect(new Set((await Promise.all(flood)).map(({ status }) => status))).toEqual(new Set([401]));
    expect([(await own).status, leftIn(await own)]).toEqual([200, shareOf(1)]);
  });

  it('cloud tokens, which only the cloud can tell from real ones: let the owner of one through, and count apart', async () => {
    const region = { name: REGION, endpoint: '${SIMULATOR_URL}/{service}', credentials: { mode: 'passthrough' } };
    const config = { access: { mode: 'passthrough' }, regions: [{ ...region, projectId: PROJECT }], providers: [] };
    await start(
      { requestsPerSecond: SELDOM, burst: 3 },
      {
        ...config,
        upstream: {
          concurrency: 4,
          breakerMinimumRequests: 1_000_000,
          queueMs: 2_000,
          attemptMs: 30_000,
          requestMs: 60_000,
        },
      },
    );
    const own = { 'x-auth-token': simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId: PROJECT }) };
    expect((await gateway.get(TASK, own)).status).toBe(200);
    simulator.control.putFault('ims', { kind: 'latency', ms: 100 });
    const flood = Array.from({ length: 600 }, (_, index) => gateway.get(TASK, { 'x-auth-token': `made-up-${index}` }));
    await eventually(() => gateway.asked().length > 4);
    // Longer than the queue lasts; one is stored and proven, the other has to be asked for.
    const stored = gateway.get(TASK, own);
    const asked = gateway.get(TASK, { ...own, 'cache-control': 'no-cache' });
    expect([(await stored).status, (await asked).status]).toEqual([200, 200]);
    expect((await Promise.all(flood)).filter(({ status }) => status === 200)).toEqual([]);
    simulator.control.clearFaults();
    const last = await gateway.get(TASK, own);
    expect([last.status, leftIn(last)]).toEqual([429, shareOf(0)]);
  });
});

describe('a process that has more to do than it can', () => {
  it('refuses what is not health, and serves operators, and all again as soon as it is in time', async () => {
    await start({ maxEventLoopDelayMs: 1 }, { admin: { port: 0, token: '${ADMIN_TOKEN}' } });
    const operators = gateway.app.get(OperationsListener).address()?.port ?? 0;
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    const free = keepBusy();
    let refused: Reply | undefined;
    try {
      await eventually(async () => (refused = await gateway.get(TASK, one)).status === 503);
      for (const path of ['/livez', '/readyz']) expect((await gateway.get(path)).status).toBe(200);
      for (const path of ['/version', '/metrics']) expect((await send(operators, { path, headers })).status).toBe(200);
    } finally {
      free();
    }
    expectProblem(gateway, refused as Reply, 'gateway-busy', { retryAfterSeconds: 2 });
    await eventually(async () => (await gateway.get(TASK, one)).status === 200);
    expect(gateway.logs.filter((line) => line.includes('"code":"GATEWAY_BUSY"'))).not.toEqual([]);
  });

  it('answers preflights: who is refused one cannot read why', async () => {
    const origin = 'https://app.example.com';
    await start({ maxEventLoopDelayMs: 1 }, { server: { corsOrigins: [origin] } });
    const headers = { origin, 'access-control-request-method': 'GET' };
    const free = keepBusy();
    try {
      await eventually(async () => (await gateway.get(TASK, { ...one, origin })).status === 503);
      const { status } = await send(gateway.port, { method: 'OPTIONS', path: TASK, headers });
      expect(status).toBe(204);
      const refused = await gateway.get(TASK, { ...one, origin });
      expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([503, origin]);
    } finally {
      free();
    }
  });

  it('refuses nobody where it may be as late as it likes', async () => {
    await start({ maxEventLoopDelayMs: 0 });
    const free = keepBusy();
    try {
      for (let turn = 0; turn < 8; turn += 1) expect((await gateway.get(TASK, one)).status).toBe(200);
    } finally {
      free();
    }
  });
});
