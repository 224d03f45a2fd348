import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { providersOn } from '../support/providers-on.js';
import { moveClocks } from './support/clock.js';
import type { MovedClock } from './support/clock.js';
import { expectLive, expectNoLeak } from './support/expectations.js';
import { OTHER_PROJECT, SECRETS, startSimulatedClouds } from './support/simulated-clouds.js';
import type { Region, Service, SimulatedClouds, SimulatedCloudsOptions } from './support/simulated-clouds.js';

const RELOAD = { 'cache-control': 'no-cache' };
const REFUSED_LOGIN = { error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' } };

let clock: MovedClock;
let clouds: SimulatedClouds;
const start = async (options: SimulatedCloudsOptions = {}): Promise<void> => {
  clouds = await startSimulatedClouds(options);
};
beforeEach(() => {
  clock = moveClocks();
});
afterEach(async () => {
  expectNoLeak(clouds.gateway, ...Object.values(SECRETS), 'Wrong!Passw0rd');
  // Clouds are named by service and region, in what everybody may read and in the log.
  expectNoLeak(clouds.gateway, new URL(clouds.simulator.url).host);
  await clouds.close();
  clock.restore();
});

const lookup = (region: Region, service: Service = 'ims', project?: string) =>
  clouds.lookup(region, service, clouds.finishedTask(service, project), { headers: RELOAD, project });

async function readiness(): Promise<unknown> {
  const { status, body } = await clouds.gateway.get('/readyz');
  return [status, body['status'], body['degraded'], body['unhealthy']];
}
const healthy = [200, 'ready', false, []];
const degraded = (...services: readonly unknown[]): unknown => [200, 'ready', true, services];

/** The provider's health, and the regions where it is unhealthy. */
async function healthOf(provider: Service): Promise<unknown> {
  const { body } = await clouds.gateway.get(`/providers/${provider}`);
  const regions = body['regions'] as readonly { readonly name: string; readonly unhealthyReason: string | null }[];
  const unhealthy = regions.flatMap(({ name, unhealthyReason }) =>
    unhealthyReason === null ? [] : [[name, unhealthyReason]],
  );
  return [body['healthy'], ...unhealthy];
}

/** Lines about the health of clouds so far. */
const healthLines = (): readonly (readonly [number, string])[] =>
  clouds.gateway.logs
    .map((line) => JSON.parse(line) as { readonly level: number; readonly msg?: string })
    .filter(({ msg = '' }) => / in \w+ (?:refuses|cannot|failed|is healthy)/.test(msg))
    .map(({ level, msg = '' }) => [level, msg]);

describe('a wrong password of the gateway', () => {
  it('many requests: named in /readyz and /providers, and logged once', async () => {
    await start({ secrets: { GATEWAY_PASSWORD: 'Wrong!Passw0rd' } });
    for (const service of ['ims', 'dms', 'ims'] as const) expect((await lookup('password', service)).status).toBe(502);
    clock.advance(11_000);
    expect((await lookup('password')).status).toBe(502);
    const iam = { service: 'iam', region: 'password', reason: 'credentials-rejected' };
    expect(await readiness()).toEqual(degraded(iam));
    for (const { id } of providersOn())
      expect(await healthOf(id)).toEqual([false, ['password', 'credentials-rejected']]);
    expect(healthLines()).toEqual([
      [
        40,
        expect.stringMatching(/^iam in password refuses the credentials of the gateway\. .* Status 401, code 401\.$/),
      ],
    ]);
    expectLive(await lookup('key'));
    expect(await readiness()).toEqual(degraded(iam));
  });

  it('next login accepted: over, and logged', async () => {
    await start();
    clouds.simulator.control.putFault('iam', { kind: 'error', status: 401, body: REFUSED_LOGIN });
    expect((await lookup('password')).status).toBe(502);
    expect(await healthOf('ims')).toEqual([false, ['password', 'credentials-rejected']]);
    clouds.simulator.control.clearFaults();
    clock.advance(11_000);
    expectLive(await lookup('password'));
    expect([await readiness(), await healthOf('ims')]).toEqual([healthy, [true]]);
    expect(healthLines().map(([level]) => level)).toEqual([40, 30]);
    expect(healthLines()[1]).toEqual([30, 'iam in password is healthy again.']);
  });

  it('project that the account may not enter: not taken for one', async () => {
    await start();
    expectLive(await lookup('password'));
    clouds.simulator.control.putFault('iam', { kind: 'error', status: 403, body: REFUSED_LOGIN });
    expect((await lookup('password', 'ims', OTHER_PROJECT)).status).toBe(502);
    expect([await readiness(), healthLines()]).toEqual([healthy, []]);
  });
});

describe('a service', () => {
  it('key of the gateway refused: named, and healthy again with its next answer', async () => {
    await start();
    const body = { error_code: 'APIGW.0301', error_msg: 'Incorrect IAM authentication information' };
    clouds.simulator.control.putFault('dms', { kind: 'error', status: 401, body });
    for (let count = 0; count < 3; count += 1) expect((await lookup('key', 'dms')).status).toBe(502);
    expect(await readiness()).toEqual(degraded({ service: 'dms', region: 'key', reason: 'credentials-rejected' }));
    expect([await healthOf('dms'), await healthOf('ims')]).toEqual([[false, ['key', 'credentials-rejected']], [true]]);
    clouds.simulator.control.clearFaults();
    expectLive(await lookup('key', 'dms'));
    expect([await readiness(), await healthOf('dms')]).toEqual([healthy, [true]]);
    expect(healthLines().map(([level]) => level)).toEqual([40, 30]);
  });

  it('token of a caller refused: healthy', async () => {
    await start();
    const token = 'MIINobodysToken-of-the-test';
    const id = clouds.finishedTask('ims');
    expect((await clouds.lookup('own', 'ims', id, { token, headers: RELOAD })).status).toBe(401);
    expect([await readiness(), healthLines()]).toEqual([healthy, []]);
  });

  it('token expired: healthy', async () => {
    await start();
    expectLive(await lookup('password'));
    clouds.simulator.control.revokeTokens({ as: 'expired' });
    clock.advance(31_000);
    expectLive(await lookup('password'));
    expect([await readiness(), healthLines()]).toEqual([healthy, []]);
  });

  it('unreachable: named, and healthy again with its next answer', async () => {
    await start();
    clouds.simulator.control.putFault('ims', { kind: 'reset' });
    for (let count = 0; count < 3; count += 1) expect((await lookup('key')).status).toBe(502);
    expect(await readiness()).toEqual(degraded({ service: 'ims', region: 'key', reason: 'unreachable' }));
    clouds.simulator.control.clearFaults();
    expectLive(await lookup('key'));
    expect(await readiness()).toEqual(healthy);
    expect(healthLines().map(([level]) => level)).toEqual([40, 30]);
  });
});
