import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { PROBLEM_SLUGS } from '@gateway/problems';
import type { ProblemDocument, ProblemSlug } from '@gateway/problems';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { Drain } from '../../apps/gateway/src/http/gateway-server.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { talk } from '../support/http-client.js';
import type { Reply } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';
import type { ExpectedProblem } from '../support/problems.js';
import { freePort } from '../support/redis-server.js';
import { PROJECT } from '../support/tasks.js';

const ID = 'd9ce8c9eede54b3f841ec324fe0bfdc2';
const TASK = `/tasks/apig/${ID}`;

let simulator: Simulator;
let gateway: Gateway;
/** Asks a cloud of its own with the callers' tokens, one that refuses its login, and one that is not there. */
let elsewhere: Gateway;
/** Is being stopped, and has little time for a request. */
let leaving: Gateway;
beforeAll(async () => {
  simulator = await startSimulator();
  const upstream = { retries: 0, attemptMs: 1_500, requestMs: 1_500 };
  // One task meets them all: none may be remembered.
  const cache = { negativeTtlSeconds: 0 };
  gateway = await startGateway({ simulator, config: { upstream, cache } });
  const place = { iam: '${SIMULATOR_URL}/iam', endpoint: '${SIMULATOR_URL}/{service}' };
  const login = { mode: 'password', domain: 'demo', password: '${SIMULATOR_PASSWORD}' };
  const regions = [
    { name: 'own', ...place, credentials: { mode: 'passthrough' } },
    { name: 'locked', ...place, credentials: { ...login, user: 'nobody' } },
    {
      name: 'gone',
      ...place,
      endpoint: `http://127.0.0.1:${await freePort()}/{service}`,
      credentials: { ...login, user: 'demo' },
    },
  ];
  leaving = await startGateway({ simulator, config: { server: { headersSeconds: 1 } } });
  leaving.app.get(Drain).begin();
  elsewhere = await startGateway({ simulator, config: { upstream, regions, cache, providers: [] } });
});
afterAll(async () => {
  await gateway.close();
  await elsewhere.close();
  await leaving.close();
  await simulator.close();
});
beforeEach(() => simulator.control.clearFaults());
afterEach(() => {
  jest.restoreAllMocks();
});

/** Texts of the replies by the problem that they are. */
const seen = new Map<ProblemSlug, string>();

interface Case {
  readonly slug: ProblemSlug;
  readonly ask: () => Promise<Reply>;
  readonly from?: () => Gateway;
  readonly expected: ExpectedProblem;
}

/** The upstream answers with this code. */
const refused = (status: number, code: string) => (): Promise<Reply> => {
  simulator.control.putFault('apig', { kind: 'error', status, body: { error_code: code, error_msg: 'said so' } });
  return gateway.get(TASK, { 'cache-control': 'no-cache' });
};
const faulty = (fault: Parameters<Simulator['control']['putFault']>[1]) => (): Promise<Reply> => {
  simulator.control.putFault('apig', fault);
  return gateway.get(TASK, { 'cache-control': 'no-cache' });
};
const inRegion = (region: string, token?: string) => (): Promise<Reply> =>
  elsewhere.get(
    `/tasks/ims/x?region=${region}&projectId=${PROJECT}`,
    token === undefined ? {} : { 'x-auth-token': token },
  );
const upstreamReply = (
  status: number,
  code: string | null,
  requestId: unknown = null,
): ProblemDocument['upstream'] => ({
  status,
  code,
  requestId: requestId as string | null,
});
const someId = (): unknown => expect.any(String);

const CASES: readonly Case[] = [
  {
    slug: 'validation-failed',
    ask: () => gateway.get('/tasks/apig/-'),
    expected: {
      provider: 'apig',
      errors: [{ detail: 'id must match ^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$', parameter: 'id' }],
    },
  },
  { slug: 'unauthenticated', ask: inRegion('own'), from: () => elsewhere, expected: { provider: 'ims' } },
  {
    slug: 'permission-denied',
    ask: refused(403, 'APIG.1005'),
    expected: { provider: 'apig', upstream: upstreamReply(403, 'APIG.1005', someId()) },
  },
  {
    slug: 'account-restricted',
    ask: refused(401, 'APIG.1011'),
    expected: { provider: 'apig', upstream: upstreamReply(401, 'APIG.1011', someId()) },
  },
  { slug: 'provider-not-found', ask: () => gateway.get('/tasks/nowhere/x'), expected: {} },
  {
    slug: 'task-not-found',
    ask: () => gateway.get('/tasks/apig/00000000000000000000000000000000'),
    expected: { provider: 'apig', upstream: upstreamReply(404, 'APIG.3093', someId()) },
  },
  {
    slug: 'scope-not-found',
    ask: () => gateway.get(`${TASK}?instanceId=nobody`),
    expected: { provider: 'apig', upstream: upstreamReply(404, 'APIG.3030', someId()) },
  },
  { slug: 'artifact-not-found', ask: () => gateway.get(`${TASK}/artifact`), expected: { provider: 'apig' } },
  { slug: 'route-not-found', ask: () => gateway.get('/nowhere'), expected: {} },
  { slug: 'method-not-allowed', ask: () => gateway.ask({ method: 'PUT', path: TASK }), expected: {} },
  { slug: 'body-too-large', ask: () => gateway.post('/tasks/batch-get', 'x'.repeat(70_000)), expected: {} },
  {
    slug: 'request-timeout',
    ask: () => talk(leaving.port, 'GET /livez HTTP/1.1\r\n'),
    from: () => leaving,
    expected: { detail: 'The request did not arrive in time.' },
  },
  {
    slug: 'precondition-failed',
    ask: () => gateway.get('/docs/swagger-ui.css', { 'if-match': '"x"' }),
    expected: { detail: 'The file is not what If-Match or If-Unmodified-Since expects.' },
  },
  {
    slug: 'range-not-satisfiable',
    ask: () => gateway.get('/docs/swagger-ui.css', { range: 'bytes=99999999-' }),
    expected: { detail: 'The file has no such part.' },
  },
  { slug: 'uri-too-long', ask: () => gateway.get(`/${'x'.repeat(9_000)}`), expected: {} },
  {
    slug: 'unsupported-media-type',
    ask: () => gateway.post('/tasks/batch-get', {}, { 'content-type': 'text/plain' }),
    expected: {},
  },
  {
    slug: 'rate-limited',
    ask: () => {
      simulator.control.putFault('ims', { kind: 'throttling', retryAfter: '9' });
      return inRegion('own', simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId: PROJECT }))();
    },
    from: () => elsewhere,
    expected: { provider: 'ims', retryAfterSeconds: 9, upstream: upstreamReply(429, 'APIGW.0308', someId()) },
  },
  {
    slug: 'gateway-busy',
    ask: () => leaving.get('/readyz'),
    from: () => leaving,
    expected: { detail: 'This gateway is stopping: ask another one.', retryAfterSeconds: 5 },
  },
  {
    slug: 'internal-error',
    ask: () => {
      jest.spyOn(gateway.app.get(TaskCache), 'health').mockImplementation(() => {
        throw new TypeError('secret detail of 10.0.0.1');
      });
      return gateway.get('/readyz');
    },
    expected: { detail: 'The gateway failed. The cause is in its log below this requestId.' },
  },
  {
    slug: 'upstream-credentials-rejected',
    ask: inRegion('locked'),
    from: () => elsewhere,
    expected: { provider: 'ims', upstream: upstreamReply(401, '401', expect.anything()) },
  },
  {
    slug: 'upstream-misconfigured',
    ask: refused(404, 'APIGW.0101'),
    expected: { provider: 'apig', upstream: upstreamReply(404, 'APIGW.0101', someId()) },
  },
  {
    slug: 'upstream-error',
    ask: faulty({ kind: 'html', status: 500 }),
    expected: { provider: 'apig', upstream: upstreamReply(500, null, someId()) },
  },
  {
    slug: 'upstream-bad-response',
    ask: faulty({ kind: 'html', status: 200 }),
    expected: { provider: 'apig', upstream: upstreamReply(200, null, someId()) },
  },
  { slug: 'upstream-unreachable', ask: inRegion('gone'), from: () => elsewhere, expected: { provider: 'ims' } },
  {
    slug: 'upstream-throttled',
    ask: faulty({ kind: 'throttling', retryAfter: '9' }),
    expected: { provider: 'apig', retryAfterSeconds: 9, upstream: upstreamReply(429, 'APIGW.0308', someId()) },
  },
  {
    slug: 'upstream-unavailable',
    ask: faulty({ kind: 'error', status: 503, headers: { 'Retry-After': '12' }, text: '' }),
    expected: { provider: 'apig', retryAfterSeconds: 12, upstream: upstreamReply(503, null, someId()) },
  },
  { slug: 'upstream-timeout', ask: faulty({ kind: 'hang' }), expected: { provider: 'apig' } },
  {
    slug: 'not-in-cache',
    ask: () => gateway.get('/tasks/apig/x', { 'cache-control': 'only-if-cached' }),
    expected: { provider: 'apig' },
  },
];

describe('every problem of the catalogue', () => {
  it.each(CASES)('$slug: can be met, and its type resolves', async ({ slug, ask, from = () => gateway, expected }) => {
    const reply = await ask();
    expectProblem(from(), reply, slug, expected);
    const { type } = reply.body as ProblemDocument;
    const page = await from().get(new URL(type).pathname);
    expect(page.body).toMatchObject({ type, slug, status: reply.status });
    seen.set(slug, reply.text);
  });

  it('all: met, and none says more than its reader may know', () => {
    // One there is as an item of a batch only.
    expect([...seen.keys(), 'answer-too-large'].toSorted()).toEqual(PROBLEM_SLUGS.toSorted());
    let text = [...seen.values()].join('\n');
    for (const { url } of [gateway, elsewhere, leaving]) text = text.replaceAll(url, '');
    expect(text).not.toMatch(/127\.0\.0\.1|10\.0\.0\.1|secret|demo-password|\bat .*\.[jt]s|node_modules/);
  });

  it('a bug of the gateway: explained in its log', async () => {
    jest.spyOn(gateway.app.get(TaskCache), 'health').mockImplementation(() => {
      throw new TypeError('what really happened');
    });
    await gateway.get('/readyz', { 'x-request-id': 'look-me-up' });
    // Nest's own logger is one for the whole process: that of the gateway that was started last.
    const lines = elsewhere.logs.filter((line) => line.includes('look-me-up') && line.includes('what really happened'));
    expect(lines).toHaveLength(1);
  });
});
