import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { TaskCache } from '@gateway/cache';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { PATIENCE, startRedis } from '../support/redis-server.js';
import { expectLive, expectNoLeak } from './support/expectations.js';
import { CLOUD_REQUEST_ID, expectProblem, slugOf } from './support/problem.js';
import { nameOf, OTHER_PROJECT, PROJECT, startSimulatedClouds } from './support/simulated-clouds.js';
import type { Service, SimulatedClouds } from './support/simulated-clouds.js';

const withRedis = needing('redis-server');
const REFUSED = 'MIITokenThatNobodyIssued0123456789abcdefghij';

let clouds: SimulatedClouds;
let alice: string;
let bob: string;
beforeEach(async () => {
  clouds = await startSimulatedClouds();
  alice = clouds.tokenOf('alice');
  bob = clouds.tokenOf('bob', OTHER_PROJECT);
});
afterEach(async () => {
  expectNoLeak(clouds.gateway, alice, bob, REFUSED);
  await clouds.close();
});

describe('without a token', () => {
  it('any request: no upstream is asked', async () => {
    expectProblem(clouds.gateway, await clouds.lookup('own', 'ims', clouds.finishedTask('ims')), {
      slug: 'unauthenticated',
      detail: 'ims in this region is asked with your own cloud token: send it as X-Auth-Token.',
      provider: 'ims',
    });
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 0 });
  });

  it('reply: says what to send', async () => {
    const { headers } = await clouds.lookup('own', 'ims', clouds.finishedTask('ims'), { project: null });
    expect(headers['www-authenticate']).toBe('X-Auth-Token realm="task-gateway"');
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 0 });
  });
});

describe('a token that is refused', () => {
  it.each<[Service, string, string, string]>([
    [
      'ims',
      'APIGW.0301',
      'The cloud cannot read the token; it may be cut off or from another cloud.',
      'Incorrect IAM authentication information: decrypt token fail',
    ],
    ['dms', 'DMS.10240101', 'DMS did not accept the token.', 'Invalid token.'],
    [
      'apig',
      'APIG.1002',
      'APIG could not read the token or did not accept it.',
      'Incorrect token or token resolution failed',
    ],
  ])('by %s: 401, asked once', async (service, code, cause, message) => {
    const reply = await clouds.lookup('own', service, clouds.finishedTask(service), { token: REFUSED });
    expectProblem(clouds.gateway, reply, {
      slug: 'upstream-credentials-rejected',
      status: 401,
      detail: `${cause} ${message}`,
      provider: service,
      upstream: { status: 401, code, requestId: CLOUD_REQUEST_ID },
    });
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 1 });
  });

  it('expired: not retried, as there is no other', async () => {
    clouds.simulator.control.revokeTokens({ as: 'expired' });
    for (const service of ['ims', 'dms'] as const) {
      const reply = await clouds.lookup('own', service, clouds.finishedTask(service), { token: alice });
      expect([slugOf(reply), reply.status]).toEqual(['upstream-credentials-rejected', 401]);
    }
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 2 });
  });

  it('by the identity service: no service is asked', async () => {
    const reply = await clouds.lookup('own', 'ims', clouds.finishedTask('ims'), { token: REFUSED, project: null });
    expectProblem(clouds.gateway, reply, {
      slug: 'upstream-credentials-rejected',
      status: 401,
      detail: 'The identity service refused.',
      provider: 'ims',
      upstream: { status: 401, code: '401', requestId: CLOUD_REQUEST_ID },
    });
    expect(clouds.asked()).toEqual({ iam: 1, tasks: 0 });
  });
});

describe('the project of a token', () => {
  it('several requests: asked for once, and remembered', async () => {
    for (let count = 0; count < 3; count += 1) {
      const reply = await clouds.lookup('own', 'ims', clouds.finishedTask('ims'), { token: alice, project: null });
      expectLive(reply);
      expect(reply.body['scope']).toEqual({ region: 'own', projectId: PROJECT, instanceId: null });
    }
    expect(clouds.asked()).toEqual({ iam: 1, tasks: 3 });
  });

  it('two tokens: each has its own', async () => {
    const mine = await clouds.lookup('own', 'ims', clouds.finishedTask('ims'), { token: alice, project: null });
    const task = clouds.finishedTask('ims', OTHER_PROJECT);
    const theirs = await clouds.lookup('own', 'ims', task, { token: bob, project: null });
    expect([mine, theirs].map(({ body }) => (body['scope'] as { projectId: string }).projectId)).toEqual([
      PROJECT,
      OTHER_PROJECT,
    ]);
  });

  it('named by the caller: not asked for', async () => {
    clouds.simulator.control.putFault('iam', { kind: 'unavailable' });
    expectLive(await clouds.lookup('own', 'ims', clouds.finishedTask('ims'), { token: alice }));
    expect(clouds.asked().tasks).toBe(1);
  });

  it('identity service down: 503, and asked for again afterwards', async () => {
    const { control } = clouds.simulator;
    control.putFault('iam', { kind: 'unavailable' });
    const task = clouds.finishedTask('ims');
    expectProblem(clouds.gateway, await clouds.lookup('own', 'ims', task, { token: alice, project: null }), {
      slug: 'upstream-unavailable',
      detail: 'The identity service is not available.',
      provider: 'ims',
      retryAfterSeconds: 5,
      upstream: { status: 503, code: '503', requestId: CLOUD_REQUEST_ID },
    });
    expect(clouds.asked().tasks).toBe(0);
    control.clearFaults();
    expectLive(await clouds.lookup('own', 'ims', task, { token: alice, project: null }));
  });
});

describe("what one user's token brought", () => {
  it('stored: for that user, and for nobody else', async () => {
    const task = clouds.finishedTask('dms');
    expectLive(await clouds.lookup('own', 'dms', task, { token: alice }));
    expect((await clouds.lookup('own', 'dms', task, { token: alice })).body['source']).toBe('cache');
    const denied = await clouds.lookup('own', 'dms', task, { token: bob });
    expect(slugOf(denied)).toBe('upstream-misconfigured');
    expect(denied.text).not.toContain('public_ip');
    const onlyMine = { headers: { 'cache-control': 'only-if-cached' } };
    expect((await clouds.lookup('own', 'dms', task, { token: bob, ...onlyMine })).status).toBe(504);
    expectLive(await clouds.lookup('own', 'dms', task, { token: clouds.tokenOf('bob') }));
    // Two tokens were accepted, and the identity service told when each ends.
    expect(clouds.asked()).toEqual({ iam: 2, tasks: 3 });
  });

  it("stored: not for the gateway's own credentials, nor the other way round", async () => {
    const task = clouds.finishedTask('ims');
    expectLive(await clouds.lookup('own', 'ims', task, { token: alice }));
    expectLive(await clouds.lookup('key', 'ims', task));
    expect((await clouds.lookup('own', 'ims', task)).status).toBe(401);
  });
});

withRedis.it('a token of 16,384 characters works, and is said and stored nowhere', async () => {
  const redis = await startRedis();
  const large = await startSimulatedClouds({
    simulator: { tokenLength: 16_384 },
    // Without a secret of its own a gateway trusts no proof to Redis.
    secrets: { PRINCIPAL_SECRET: 'principal-secret-of-the-fault-tests' },
    config: {
      access: { mode: 'open', principalSecret: '${PRINCIPAL_SECRET}' },
      cache: { redis: { kind: 'standalone', url: redis.url, ...PATIENCE } },
    },
  });
  const admin = new Redis(redis.url);
  const cache = large.gateway.app.get(TaskCache);
  try {
    await eventually(() => cache.health().redis === 'up');
    const token = large.simulator.control.issueToken({ domain: 'acme', user: 'alice', projectId: PROJECT });
    expect(token).toHaveLength(16_384);
    expectLive(await large.lookup('own', 'ims', large.finishedTask('ims'), { token, project: null }));
    expect(large.credentials()).toEqual([nameOf(token)]);
    await cache.settled();
    const keys = await admin.keys('*');
    // The answer, and the proof that this principal may read it.
    expect(keys).toHaveLength(2);
    const stored = [...keys, ...(await admin.mget(keys))].join('\n');
    expect([token, token.slice(0, 40)].filter((part) => stored.includes(part))).toEqual([]);
    expectNoLeak(large.gateway, token, token.slice(0, 40), token.slice(-40));
  } finally {
    admin.disconnect();
    await large.close();
    await redis.stop();
  }
});
