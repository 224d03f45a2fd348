import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';
import { ERROR_ROWS } from './support/error-rows.js';
import type { ErrorRow } from './support/error-rows.js';
import { CLOUD_REQUEST_ID, expectProblem, slugOf } from './support/problem.js';
import { startSimulatedClouds } from './support/simulated-clouds.js';
import type { Region, Service, SimulatedClouds } from './support/simulated-clouds.js';

const ID = '0123456789abcdef0123456789abcdef';

let clouds: SimulatedClouds;
beforeAll(async () => {
  clouds = await startSimulatedClouds({
    upstream: { retries: 2, retryBudgetRatio: 1, retryBudgetMinimum: 10_000 },
    // One task is refused in all ways, one after the other.
    config: { cache: { negativeTtlSeconds: 0 } },
  });
});
afterAll(() => clouds.close());

const TEXT = 'As the cloud words it.';
const bodyOf = ({ service, code }: ErrorRow): unknown =>
  service === 'ims' ? { error: { message: TEXT, code } } : { error_code: code, error_msg: TEXT };

async function ask(region: Region, service: Service) {
  clouds.simulator.control.clearRequests();
  return clouds.lookup(region, service, ID, { token: clouds.tokenOf('alice') });
}

describe.each(ERROR_ROWS)('$service $status $code', (row) => {
  it.each(['key', 'own'] as const)(`is ${row.slug}, asked with the %s credentials`, async (region) => {
    const { service, status, code, cause, attempts = 1, wait } = row;
    clouds.simulator.control.putReply({ service, id: ID, status, body: bodyOf(row) });
    const reply = await ask(region, service);
    const own = region === 'own' ? row.own : undefined;
    expectProblem(clouds.gateway, reply, {
      slug: own?.slug ?? row.slug,
      detail: `${cause} ${TEXT}`,
      provider: service,
      ...(own === undefined ? {} : { status: own.status }),
      ...(wait === undefined ? {} : { retryAfterSeconds: wait }),
      upstream: { status, code, requestId: CLOUD_REQUEST_ID },
    });
    // A signature that was refused with 401 is never tried again, whatever else the answer says.
    expect(clouds.asked()).toEqual({ iam: 0, tasks: region === 'key' && status === 401 ? 1 : attempts });
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
  ])('%s', async (_name, status, said, slug, attempts) => {
    clouds.simulator.control.putReply({ service: 'ims', id: ID, status, ...said });
    const reply = await ask('key', 'ims');
    expect(slugOf(reply)).toBe(slug);
    expect(reply.body['upstream']).toMatchObject({ status });
    expect(clouds.asked().tasks).toBe(attempts);
    expect(reply.text).not.toMatch(/nginx|10\.0\.0\.1|html>/);
    const mended = status >= 400 && status < 500 && slug === 'upstream-error' ? false : PROBLEMS[slug].retryable;
    expect(reply.body['retryable']).toBe(mended);
  });

  it('of a service that documents 404 for a missing task is a missing task', async () => {
    for (const [service, slug] of [
      ['apig', 'task-not-found'],
      ['dms', 'upstream-misconfigured'],
    ] as const) {
      const body = { error_code: 'New.404', error_msg: 'x' };
      clouds.simulator.control.putReply({ service, id: ID, status: 404, body });
      expect(slugOf(await ask('key', service))).toBe(slug);
    }
  });

  it('is counted, and warned about once', async () => {
    const { body } = await clouds.gateway.get('/providers/ims');
    expect(body['unknownWords']).toEqual({
      statusWords: {},
      errorCodes: { 'IMG.9998': 1, 'IMG.9999': 1 },
    });
    const warnings = clouds.gateway.logs.filter((line) => line.includes('ims sent a error code that no table knows'));
    expect(warnings).toHaveLength(2);
  });
});
