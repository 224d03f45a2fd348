import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findProvider } from '@gateway/providers';
import { expectLive, expectNoLeak } from './support/expectations.js';
import { CLOUD_REQUEST_ID, expectProblem, slugOf } from './support/problem.js';
import {
  ACCESS_KEY,
  IAM_SERVICES,
  nameOf,
  OTHER_PROJECT,
  SECRETS,
  startSimulatedClouds,
} from './support/simulated-clouds.js';
import type { SimulatedClouds } from './support/simulated-clouds.js';

const MINUTE = 60_000;

let clouds: SimulatedClouds;
beforeEach(async () => {
  clouds = await startSimulatedClouds();
});
afterEach(async () => {
  expectNoLeak(clouds.gateway, ...Object.values(SECRETS), ACCESS_KEY, 'SDK-HMAC-SHA256', 'Signature=');
  await clouds.close();
});

async function restartWith(secrets: Readonly<Record<string, string>>): Promise<void> {
  await clouds.close();
  clouds = await startSimulatedClouds({ secrets });
}

/** Names of the headers of the last request for a task. */
const sentHeaders = (): readonly string[] => clouds.simulator.control.requests().at(-1)?.headers ?? [];
const PLAIN = [
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'host',
  'user-agent',
  'x-project-id',
  'x-sdk-date',
];

describe('a signed request', () => {
  it.each(IAM_SERVICES)('to %s: accepted, and carries nothing that is not needed', async (service) => {
    expectLive(await clouds.lookup('key', service, clouds.finishedTask(service), { token: 'a-token-of-the-caller' }));
    const fixed = Object.keys(findProvider(service)?.headers ?? {});
    expect(sentHeaders().toSorted()).toEqual([...new Set([...PLAIN, ...fixed])].toSorted());
    expect(clouds.credentials()).toEqual([nameOf(ACCESS_KEY)]);
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 1 });
  });

  it('another project: chosen', async () => {
    const task = clouds.finishedTask('ims', OTHER_PROJECT);
    expectLive(await clouds.lookup('key', 'ims', task, { project: OTHER_PROJECT }));
  });

  it('temporary key: carries its security token', async () => {
    expectLive(await clouds.lookup('temporary', 'dms', clouds.finishedTask('dms')));
    expect(sentHeaders().toSorted()).toEqual([...PLAIN.slice(0, -1), 'x-sdk-date', 'x-security-token']);
  });
});

describe('a signature that is refused is never sent again', () => {
  const refused = async (cause: string, message: string): Promise<void> => {
    const reply = await clouds.lookup('key', 'ims', clouds.finishedTask('ims'));
    expectProblem(clouds.gateway, reply, {
      slug: 'upstream-credentials-rejected',
      status: 502,
      detail: `${cause} ${message}`,
      provider: 'ims',
      upstream: { status: 401, code: 'APIGW.0301', requestId: CLOUD_REQUEST_ID },
    });
  };

  it.each([
    ['ahead', 16],
    ['behind', -16],
  ])('clock of the cloud %s', async (_name, minutes) => {
    clouds.simulator.control.advanceClock({ advanceMs: minutes * MINUTE });
    const reply = await clouds.lookup('key', 'ims', clouds.finishedTask('ims'));
    expect([reply.status, slugOf(reply)]).toEqual([502, 'upstream-credentials-rejected']);
    expect(reply.body['detail']).toMatch(/^The signed time of the request is too far from the time of the cloud\./);
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 1 });
    clouds.simulator.control.advanceClock({ advanceMs: -minutes * MINUTE });
    expectLive(await clouds.lookup('key', 'ims', clouds.finishedTask('ims')));
  });

  it('wrong secret key', async () => {
    await restartWith({ SECRET_KEY: 'another-secret-key-0123456789' });
    await refused(
      'The signature of the request is wrong.',
      'Incorrect IAM authentication information: verify aksk signature fail',
    );
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 1 });
    expectNoLeak(clouds.gateway, 'another-secret-key-0123456789');
  });

  it('five in a row, after which the key is locked', async () => {
    await restartWith({ SECRET_KEY: 'another-secret-key-0123456789' });
    for (let count = 1; count <= 5; count += 1) {
      await clouds.lookup('key', 'ims', clouds.finishedTask('ims'));
      expect(clouds.asked()).toEqual({ iam: 0, tasks: count });
    }
    await refused(
      'The access key is locked after too many refused requests.',
      'Incorrect IAM authentication information: AK access failed to reach the limit,forbidden',
    );
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 6 });
  });

  it('temporary key with another security token', async () => {
    await restartWith({ SECURITY_TOKEN: 'security-token-of-another-key' });
    const reply = await clouds.lookup('temporary', 'ims', clouds.finishedTask('ims'));
    expect([reply.status, slugOf(reply)]).toEqual([502, 'upstream-credentials-rejected']);
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 1 });
  });

  it.each([
    ['DMS.10240102', 'Expired token.'],
    ['APIGW.0307', 'The token must be updated.'],
    ['APIGW.0301', 'Incorrect IAM authentication information: token expires'],
  ])('%s, which says that a token expired', async (code, text) => {
    const id = clouds.finishedTask('dms');
    clouds.simulator.control.putReply({
      service: 'dms',
      id,
      status: 401,
      body: { error_code: code, error_msg: text },
    });
    const reply = await clouds.lookup('key', 'dms', id);
    expect([reply.status, slugOf(reply)]).toEqual([502, 'upstream-credentials-rejected']);
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 1 });
  });
});
