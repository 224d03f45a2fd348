import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { moveClocks } from './support/clock.js';
import type { MovedClock } from './support/clock.js';
import { eventually } from '../support/eventually.js';
import { expectLive, expectNoLeak } from './support/expectations.js';
import { CLOUD_REQUEST_ID, expectProblem, slugOf } from './support/problem.js';
import { IAM_SERVICES, OTHER_PROJECT, PROJECT, SECRETS, startSimulatedClouds } from './support/simulated-clouds.js';
import type { Service, SimulatedClouds, SimulatedCloudsOptions } from './support/simulated-clouds.js';

const HOUR = 3_600_000;
const RELOAD = { 'cache-control': 'no-cache' };

let clock: MovedClock;
let clouds: SimulatedClouds;
beforeEach(async () => {
  clock = moveClocks();
  clouds = await startSimulatedClouds();
});
afterEach(async () => {
  expectNoLeak(clouds.gateway, ...Object.values(SECRETS), 'Wrong!Passw0rd', 'MII');
  await clouds.close();
  clock.restore();
});

async function restart(options: SimulatedCloudsOptions): Promise<void> {
  await clouds.close();
  clouds = await startSimulatedClouds(options);
}

const lookup = (service: Service, id = clouds.finishedTask(service)) =>
  clouds.lookup('password', service, id, { headers: RELOAD });

describe('a login', () => {
  it('project: scoped to it, and its token serves every service', async () => {
    for (const service of IAM_SERVICES) expectLive(await lookup(service));
    expect(clouds.asked()).toEqual({ iam: 1, tasks: IAM_SERVICES.length });
    expect(clouds.credentials()).toHaveLength(1);
  });

  it('two projects: one for each', async () => {
    expectLive(await lookup('ims'));
    const elsewhere = clouds.finishedTask('ims', OTHER_PROJECT);
    expectLive(await clouds.lookup('password', 'ims', elsewhere, { project: OTHER_PROJECT }));
    expect(clouds.asked()).toEqual({ iam: 2, tasks: 2 });
    expect(clouds.credentials()).toHaveLength(2);
  });

  it('a hundred requests at once: one', async () => {
    const replies = await Promise.all(Array.from({ length: 100 }, () => lookup('ims')));
    for (const reply of replies) expectLive(reply);
    expect(clouds.asked()).toEqual({ iam: 1, tasks: 100 });
  });

  it('token that a caller sent: not used', async () => {
    const token = clouds.tokenOf('alice');
    expectLive(await clouds.lookup('password', 'ims', clouds.finishedTask('ims'), { token }));
    expect(clouds.asked()).toEqual({ iam: 1, tasks: 1 });
  });
});

describe('a token close to its end', () => {
  it('requests meanwhile: renewed beside them, and they do not wait', async () => {
    expectLive(await lookup('ims'));
    clock.advance(23 * HOUR);
    clouds.simulator.control.putFault('iam', { kind: 'hang' });
    expectLive(await lookup('ims'));
    expect(clouds.credentials()).toHaveLength(1);
    await eventually(() => clouds.asked().iam === 2);
    // Nor does a second login begin while the first is under way.
    expectLive(await lookup('ims'));
    expect(clouds.asked()).toEqual({ iam: 2, tasks: 3 });
  });

  it('renewed: the new one is used', async () => {
    expectLive(await lookup('ims'));
    clock.advance(23 * HOUR);
    await eventually(async () => {
      expectLive(await lookup('ims'));
      return clouds.credentials().length === 2;
    });
    expect(clouds.asked().iam).toBe(2);
  });

  it('end passed: not used', async () => {
    expectLive(await lookup('ims'));
    clock.advance(25 * HOUR);
    expectLive(await lookup('ims'));
    expect(clouds.asked()).toEqual({ iam: 2, tasks: 2 });
  });
});

describe('a token that the cloud calls expired', () => {
  it.each<Service>(['ims', 'dms'])('replaced once, and %s is asked once more', async (service) => {
    expectLive(await lookup(service));
    clouds.simulator.control.revokeTokens({ as: 'expired' });
    expectLive(await lookup(service));
    expect(clouds.asked()).toEqual({ iam: 2, tasks: 3 });
    expectLive(await lookup(service));
    expect(clouds.asked()).toEqual({ iam: 2, tasks: 4 });
  });

  it('many requests with it: replaced once', async () => {
    expectLive(await lookup('dms'));
    clouds.simulator.control.revokeTokens({ as: 'expired' });
    const replies = await Promise.all(Array.from({ length: 50 }, () => lookup('dms')));
    for (const reply of replies) expectLive(reply);
    expect(clouds.asked().iam).toBe(2);
  });

  it('said again and again: two attempts at most', async () => {
    const id = clouds.finishedTask('dms');
    const body = { error_code: 'DMS.10240102', error_msg: 'Expired token.' };
    clouds.simulator.control.putReply({ service: 'dms', id, status: 401, body });
    expectProblem(clouds.gateway, await lookup('dms', id), {
      slug: 'upstream-credentials-rejected',
      detail: 'The token has expired. Expired token.',
      provider: 'dms',
      upstream: { status: 401, code: 'DMS.10240102', requestId: CLOUD_REQUEST_ID },
    });
    expect(clouds.asked()).toEqual({ iam: 2, tasks: 2 });
  });
});

describe('a token that the cloud refuses without saying why', () => {
  it('new: not replaced, as another would fare no better', async () => {
    expectLive(await lookup('apig'));
    clouds.simulator.control.revokeTokens({ as: 'invalid' });
    for (let count = 0; count < 5; count += 1) {
      const reply = await lookup('apig');
      expect([reply.status, slugOf(reply)]).toEqual([502, 'upstream-credentials-rejected']);
    }
    expect(clouds.asked()).toEqual({ iam: 1, tasks: 6 });
  });

  it('grown older: replaced for the next request', async () => {
    expectLive(await lookup('apig'));
    clouds.simulator.control.revokeTokens({ as: 'invalid' });
    clock.advance(31_000);
    expect((await lookup('apig')).status).toBe(502);
    expect(clouds.asked()).toEqual({ iam: 1, tasks: 2 });
    expectLive(await lookup('apig'));
    expect(clouds.asked()).toEqual({ iam: 2, tasks: 3 });
  });
});

describe('a password that is wrong', () => {
  const detail = 'The identity service refused the user or the password of the gateway.';
  beforeEach(() => restart({ secrets: { GATEWAY_PASSWORD: 'Wrong!Passw0rd' } }));

  it('any request: upstream-credentials-rejected', async () => {
    expectProblem(clouds.gateway, await lookup('ims'), {
      slug: 'upstream-credentials-rejected',
      status: 502,
      detail,
      provider: 'ims',
      upstream: { status: 401, code: '401', requestId: CLOUD_REQUEST_ID },
    });
    expect(clouds.asked()).toEqual({ iam: 1, tasks: 0 });
  });

  it('many requests: tried once, and again after a while', async () => {
    const first = await Promise.all(Array.from({ length: 20 }, () => lookup('ims')));
    const later = await lookup('dms');
    expect([...first, later].map(slugOf)).toEqual(Array.from({ length: 21 }, () => 'upstream-credentials-rejected'));
    expect(clouds.asked()).toEqual({ iam: 1, tasks: 0 });
    clock.advance(10_001);
    await lookup('ims');
    expect(clouds.asked()).toEqual({ iam: 2, tasks: 0 });
  });

  it('regions with other credentials: still asked', async () => {
    await lookup('ims');
    expectLive(await clouds.lookup('key', 'ims', clouds.finishedTask('ims')));
  });
});

describe('an identity service that is down', () => {
  it('known token: still used; new token: 503', async () => {
    const { control } = clouds.simulator;
    expectLive(await lookup('ims'));
    control.putFault('iam', { kind: 'unavailable' });
    control.clearRequests();
    const elsewhere = clouds.finishedTask('ims', OTHER_PROJECT);
    expectProblem(clouds.gateway, await clouds.lookup('password', 'ims', elsewhere, { project: OTHER_PROJECT }), {
      slug: 'upstream-unavailable',
      detail: 'The identity service is not available.',
      provider: 'ims',
      retryAfterSeconds: 5,
      upstream: { status: 503, code: '503', requestId: CLOUD_REQUEST_ID },
    });
    // A login that was answered is not repeated; the service was never asked without a token.
    expect(clouds.asked()).toEqual({ iam: 1, tasks: 0 });
    expectLive(await lookup('dms'));
    expectLive(await clouds.lookup('key', 'ims', clouds.finishedTask('ims')));
    const { body } = await clouds.gateway.get('/readyz');
    expect(body).toMatchObject({ status: 'ready', degraded: false });
    control.clearFaults();
    expectLive(await clouds.lookup('password', 'ims', elsewhere, { project: OTHER_PROJECT }));
  });

  it('silent: costs the caller one deadline', async () => {
    await restart({ upstream: { attemptMs: 400, requestMs: 400, retries: 0 } });
    clouds.simulator.control.putFault('iam', { kind: 'hang' });
    const [slow, other] = await Promise.all([
      lookup('ims'),
      clouds.lookup('key', 'ims', clouds.finishedTask('ims'), { project: PROJECT }),
    ]);
    expectProblem(clouds.gateway, slow, {
      slug: 'upstream-timeout',
      detail: 'The upstream did not answer in time.',
      provider: 'ims',
    });
    expectLive(other);
    expect(clouds.asked()).toEqual({ iam: 1, tasks: 1 });
  });
});
