import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';
import { findProvider, PROVIDERS } from '@gateway/providers';
import { loadErrorFixtures, readErrorFixtures } from '@gateway/providers/testing';
import type { ErrorFixture } from '@gateway/providers/testing';
import type { LookupProblem, RetryAdvice } from '@gateway/tasks';
import { classify } from '../../libs/upstream/src/errors/classify.js';
import { providersOn } from '../support/providers-on.js';
import { CLOUD_REQUEST_ID, expectProblem, slugOf } from './support/problem.js';
import { startSimulatedClouds } from './support/simulated-clouds.js';
import type { Region, Service, SimulatedClouds } from './support/simulated-clouds.js';

/** An id of most services, and one of those that count their tasks. */
const IDS = ['0123456789abcdef0123456789abcdef', '581920441'];
const [ID = ''] = IDS;
const idOf = (service: Service): string => IDS.find((id) => findProvider(service)?.idPattern.test(id)) ?? '';

let clouds: SimulatedClouds;
beforeAll(async () => {
  clouds = await startSimulatedClouds({
    upstream: { retries: 2, retryBudgetRatio: 1, retryBudgetMinimum: 10_000 },
    // One task is refused in all ways, one after the other.
    config: { cache: { negativeTtlSeconds: 0 } },
  });
});
afterAll(() => clouds.close());

/** The error bodies of all services, and of what answers in the place of any of Huawei's make: asked of the last of these. */
const shared = (name: string): readonly ErrorFixture[] =>
  readErrorFixtures(new URL(`../../libs/upstream/src/errors/fixtures/${name}.errors.json`, import.meta.url));
const FIXTURES = [
  ...PROVIDERS.map((provider) => [provider, loadErrorFixtures(provider.id)] as const),
  ...providersOn()
    .slice(-1)
    .map((provider) => [provider, [...shared('front'), ...shared('common')]] as const),
].flatMap(([provider, fixtures]) =>
  fixtures.flatMap((fixture) => {
    const { status, body } = fixture;
    const reply = { status, headers: {}, contentType: 'application/json', body, text: JSON.stringify(body) };
    const { rule, code, message } = classify(reply, provider.errors);
    return rule === null ? [] : [{ ...fixture, service: provider.id, rule, code, message }];
  }),
);

const ATTEMPTS: Readonly<Record<RetryAdvice, number>> = { never: 1, once: 2, backoff: 3, 'new-token': 1 };
/** Where it makes a difference whose token is refused. */
const OWN: Partial<Record<LookupProblem, { readonly slug: ProblemSlug; readonly status: number }>> = {
  'upstream-throttled': { slug: 'rate-limited', status: 429 },
  'upstream-credentials-rejected': { slug: 'upstream-credentials-rejected', status: 401 },
};

async function ask(region: Region, service: Service) {
  clouds.simulator.control.clearRequests();
  return clouds.lookup(region, service, idOf(service), { token: clouds.tokenOf('alice') });
}

describe.each(FIXTURES)('$service $status $code "$message"', (fixture) => {
  const { service, status, body, problem, retry, code, message } = fixture;
  const { cause, waitSeconds = 5 } = fixture.rule;

  it.each(['key', 'own'] as const)(`is ${problem}, asked with the %s credentials`, async (region) => {
    clouds.simulator.control.putReply({ service, id: idOf(service), status, body });
    const reply = await ask(region, service);
    const own = region === 'own' ? OWN[problem] : undefined;
    // A signature that was refused with 401 is never tried again, whatever else the answer says.
    const advice = region === 'key' && status === 401 ? 'never' : retry;
    const waits = problem === 'upstream-throttled' || problem === 'upstream-unavailable';
    expectProblem(clouds.gateway, reply, {
      slug: problem,
      ...own,
      detail: [cause, message].filter(Boolean).join(' '),
      provider: service,
      ...(waits ? { retryAfterSeconds: waitSeconds } : {}),
      ...(problem === 'upstream-error' && advice === 'never' ? { retryable: false } : {}),
      upstream: { status, code, requestId: CLOUD_REQUEST_ID },
    });
    expect(clouds.asked()).toEqual({ iam: 0, tasks: ATTEMPTS[advice] });
  });
});

describe('an error without a code that is known', () => {
  it.each<[string, number, object, ProblemSlug, number]>([
    [
      'an HTML 502',
      502,
      { text: '<html>nginx 10.0.0.1</html>', headers: { 'Content-Type': 'text/html' } },
      'upstream-unavailable',
      3,
    ],
    ['an HTML 502 called JSON', 502, { text: '<html>nginx 10.0.0.1</html>' }, 'upstream-unavailable', 3],
    ['an empty 504', 504, { text: '' }, 'upstream-timeout', 2],
    ['a bare 401', 401, { text: '' }, 'upstream-credentials-rejected', 1],
    ['a bare 404', 404, { text: '' }, 'upstream-misconfigured', 1],
    ['a bare 429', 429, { text: '' }, 'upstream-throttled', 1],
    ['broken JSON with 500', 500, { text: '{"error_code":' }, 'upstream-error', 2],
    // IMS documents no 404 for jobs.
    [
      'a code of nobody with 404',
      404,
      { body: { error_code: 'IMG.9998', error_msg: 'x' } },
      'upstream-misconfigured',
      1,
    ],
    ['a code of nobody with 400', 400, { body: { error_code: 'IMG.9999', error_msg: 'x' } }, 'upstream-error', 1],
    [
      'the flow control of the compute family in 202',
      202,
      { body: { error: { code: 'Common.0024', message: 'x' } } },
      'upstream-throttled',
      1,
    ],
  ])('%s', async (_name, status, answer, slug, attempts) => {
    clouds.simulator.control.putReply({ service: 'ims', id: ID, status, ...answer });
    const reply = await ask('key', 'ims');
    expect(slugOf(reply)).toBe(slug);
    expect(reply.body['upstream']).toMatchObject({ status });
    expect(clouds.asked().tasks).toBe(attempts);
    expect(reply.text).not.toMatch(/nginx|10\.0\.0\.1|html>/);
    const mended = status >= 400 && status < 500 && slug === 'upstream-error' ? false : PROBLEMS[slug].retryable;
    expect(reply.body['retryable']).toBe(mended);
  });

  it('of a service that documents 404 for a missing task: task-not-found', async () => {
    for (const [service, slug] of [
      ['apig', 'task-not-found'],
      ['dms', 'upstream-misconfigured'],
    ] as const) {
      const body = { error_code: 'New.404', error_msg: 'x' };
      clouds.simulator.control.putReply({ service, id: ID, status: 404, body });
      expect(slugOf(await ask('key', service))).toBe(slug);
    }
  });

  it('several times: counted, and warned about once', async () => {
    const { body } = await clouds.gateway.get('/providers/ims');
    expect(body['unknownWords']).toEqual({
      statusWords: {},
      errorCodes: { 'IMG.9998': 1, 'IMG.9999': 1 },
    });
    const warnings = clouds.gateway.logs.filter((line) => line.includes('ims sent a error code that no table knows'));
    expect(warnings).toHaveLength(2);
  });
});
