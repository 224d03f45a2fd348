import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { providersOn } from '../support/providers-on.js';
import { eventually } from '../support/eventually.js';
import { bytes, json, wellBehaved, whole } from './support/answers.js';
import { moveClocks } from './support/clock.js';
import type { MovedClock } from './support/clock.js';
import { expectContained, expectLive } from './support/expectations.js';
import { startGateway } from './support/gateway.js';
import type { Gateway } from './support/gateway.js';
import { expectProblem, slugOf } from './support/problem.js';
import { startRawUpstream } from './support/raw-upstream.js';
import type { Behaviour } from './support/raw-upstream.js';
import { startTwoClouds, TOKEN } from './support/two-clouds.js';
import type { TwoClouds } from './support/two-clouds.js';

const MINIMUM = 4;
const BREAKER = {
  retries: 0,
  breakerMinimumRequests: MINIMUM,
  breakerFailureRatio: 0.5,
  breakerWindowMs: 600_000,
  breakerOpenMs: 5_000,
  breakerMaxOpenMs: 8_000,
  breakerProbes: 2,
};
const RELOAD = { 'cache-control': 'no-cache' };
const html502 = bytes(whole(502, '<html>502</html>', 'Content-Type: text/html'));

let clock: MovedClock;
let clouds: TwoClouds;
beforeEach(async () => {
  clock = moveClocks();
  clouds = await startTwoClouds({ upstream: BREAKER });
});
afterEach(async () => {
  await expectContained(clouds);
  await clouds.close();
  clock.restore();
});

let tasks = 0;

/** Asks about another task each time. */
async function askTimes(times: number): Promise<string[]> {
  const slugs: string[] = [];
  for (let count = 0; count < times; count += 1) {
    slugs.push(slugOf(await clouds.askFaulty(RELOAD, `task-${(tasks += 1)}`)));
  }
  return slugs;
}

/** What the gateway says about its upstreams, by provider. */
async function breakersOf(gateway: Gateway): Promise<unknown> {
  const { status, body } = await gateway.get('/readyz');
  expect({ status, ready: body['status'] }).toEqual({ status: 200, ready: 'ready' });
  const upstreams = body['upstreams'] as readonly { readonly provider: string; readonly breaker: string }[];
  return {
    degraded: body['degraded'],
    ...Object.fromEntries(upstreams.map(({ provider, breaker }) => [provider, breaker])),
  };
}

const ALL_WELL = { degraded: false, ...Object.fromEntries(providersOn().map(({ id }) => [id, 'closed'])) };

describe('a breaker opens after faults of the upstream', () => {
  it.each<[string, string, Behaviour]>([
    ['broken connections', 'upstream-unreachable', ({ socket }) => socket.resetAndDestroy()],
    ['"unavailable"', 'upstream-unavailable', html502],
    ['internal errors', 'upstream-error', json(500, { error: { code: 'IMG.0018', message: 'x' } })],
    ['answers that cannot be used', 'upstream-bad-response', bytes(whole(200, '<html></html>'))],
  ])('%s', async (_name, slug, behaviour) => {
    clouds.faulty.behave(behaviour);
    expect(await askTimes(MINIMUM)).toEqual(Array.from({ length: MINIMUM }, () => slug));
    expect(await breakersOf(clouds.gateway)).toEqual({ ...ALL_WELL, degraded: true, ims: 'open' });
    clouds.faulty.behave(wellBehaved);
    expectProblem(clouds.gateway, await clouds.askFaulty(RELOAD), {
      slug: 'upstream-unavailable',
      detail: 'The upstream failed too often and is given a pause.',
      provider: 'ims',
      retryAfterSeconds: 5,
    });
    expect(clouds.faulty.requests).toHaveLength(0);
  });

  it('nothing before the deadline of the whole request', async () => {
    await clouds.close();
    clouds = await startTwoClouds({ upstream: { ...BREAKER, attemptMs: 300, requestMs: 300 } });
    clouds.faulty.behave(() => undefined);
    const slugs = await Promise.all(
      Array.from({ length: MINIMUM }, async (_, index) => slugOf(await clouds.askFaulty({}, `task-${index}`))),
    );
    expect(slugs).toEqual(Array.from({ length: MINIMUM }, () => 'upstream-timeout'));
    // Callers are let go on the dot; the upstream's failure is counted by its own clock, a moment later.
    await eventually(async () => (await clouds.gateway.get('/readyz')).body['degraded'] === true);
    expect(await breakersOf(clouds.gateway)).toEqual({ ...ALL_WELL, degraded: true, ims: 'open' });
  });

  it('but not while half of the tasks are answered, whoever asks how often', async () => {
    const isSick = (request: string): boolean => /[02468]\?? /.test(/^GET \S+ /.exec(request)?.[0] ?? '');
    clouds.faulty.behave((exchange) => (isSick(exchange.head) ? html502 : wellBehaved)(exchange));
    const slugs = await askTimes(100);
    expect(slugs.filter((slug) => slug === 'succeeded')).toHaveLength(50);
    expect(await breakersOf(clouds.gateway)).toEqual(ALL_WELL);
  });

  it('but not for one task that always fails, which others do not suffer from', async () => {
    clouds.faulty.behave(html502);
    for (let poll = 0; poll < 10 * MINIMUM; poll += 1) {
      expect(slugOf(await clouds.askFaulty(RELOAD, 'sick'))).toBe('upstream-unavailable');
    }
    expect(clouds.faulty.requests).toHaveLength(10 * MINIMUM);
    expect(await breakersOf(clouds.gateway)).toEqual(ALL_WELL);
    clouds.faulty.behave(wellBehaved);
    expect(await askTimes(10)).toEqual(Array.from({ length: 10 }, () => 'succeeded'));
  });
});

describe("a breaker does not open for what is nobody's failure", () => {
  const error = (status: number, code: string, message = 'No.'): Behaviour =>
    json(status, { error: { code, message } });
  it.each<[string, string, Behaviour]>([
    ['task not found', 'task-not-found', error(400, 'IMG.0023')],
    ['permission denied', 'permission-denied', error(403, 'IMG.0026')],
    ['a refused token', 'upstream-credentials-rejected', json(401, { error_code: 'APIGW.0301', error_msg: 'x' })],
    ['an expired token', 'upstream-credentials-rejected', json(401, { error_code: 'APIGW.0307', error_msg: 'x' })],
    ['a wrong address', 'upstream-misconfigured', json(404, { error_code: 'APIGW.0101', error_msg: 'x' })],
    ['throttling', 'rate-limited', json(429, { error_code: 'APIGW.0308', error_msg: 'x' }, 'Retry-After: 1')],
    ['a redirect', 'upstream-misconfigured', json(302, {}, 'Location: http://127.0.0.1:9/')],
    ['a bad parameter', 'validation-failed', error(400, 'IMG.0024')],
    ['a document in no known form', 'upstream-bad-response', json(200, { images: [] })],
    ['a document nested too deep', 'upstream-bad-response', bytes(whole(200, '['.repeat(40) + ']'.repeat(40)))],
    ['an unknown refusal', 'upstream-error', error(409, 'IMG.9998')],
    ['an unknown error in a 200', 'upstream-error', error(200, 'IMG.9998')],
  ])('%s', async (_name, slug, behaviour) => {
    clouds.faulty.behave(behaviour);
    const asked = 3 * MINIMUM;
    expect(await askTimes(asked)).toEqual(Array.from({ length: asked }, () => slug));
    expect(clouds.faulty.requests).toHaveLength(asked);
    expect(await breakersOf(clouds.gateway)).toEqual(ALL_WELL);
  });
});

describe('a breaker that is open', () => {
  beforeEach(async () => {
    clouds.faulty.behave(html502);
    await askTimes(MINIMUM);
  });

  it('description of its provider: shows it', async () => {
    const { body } = await clouds.gateway.get('/providers/ims');
    const region = { name: 'eu-test', breaker: 'open', retryAfterSeconds: 5, ownToken: true };
    expect(body).toMatchObject({ id: 'ims', healthy: false, regions: [region] });
    expect((await clouds.gateway.get('/providers/dms')).body).toMatchObject({ healthy: true });
  });

  it('its pause: counted down', async () => {
    clock.advance(3_500);
    expect((await clouds.askFaulty()).headers['retry-after']).toBe('2');
  });

  it('enough probes that succeed: closes', async () => {
    clouds.faulty.behave(wellBehaved);
    clock.advance(5_000);
    expect(await breakersOf(clouds.gateway)).toEqual({ ...ALL_WELL, degraded: true, ims: 'half-open' });
    expectLive(await clouds.askFaulty(RELOAD));
    expect(await breakersOf(clouds.gateway)).toEqual({ ...ALL_WELL, degraded: true, ims: 'half-open' });
    expectLive(await clouds.askFaulty(RELOAD));
    expect(await breakersOf(clouds.gateway)).toEqual(ALL_WELL);
    expect(clouds.faulty.requests).toHaveLength(2);
  });

  it('all probes fail: opens again, for longer', async () => {
    clock.advance(5_000);
    clouds.faulty.behave(html502);
    expect(await askTimes(4)).toEqual(Array.from({ length: 4 }, () => 'upstream-unavailable'));
    expect(clouds.faulty.requests).toHaveLength(BREAKER.breakerProbes);
    // Twice as long as before, and no longer than the limit.
    expect((await clouds.askFaulty()).headers['retry-after']).toBe('8');
  });

  it('stored answer: still served', async () => {
    const { gateway } = clouds;
    clouds.faulty.behave(wellBehaved);
    clock.advance(5_000);
    await clouds.askFaulty();
    await askTimes(BREAKER.breakerProbes - 1);
    clouds.faulty.behave(html502);
    // Until hardly any of the tasks asked about has been answered.
    await askTimes(200);
    expect(await breakersOf(gateway)).toMatchObject({ ims: 'open' });
    const remembered = await clouds.askFaulty();
    expect({ status: remembered.status, source: remembered.body['source'] }).toEqual({ status: 200, source: 'cache' });
  });
});

it('breaker of one region: the same provider in other regions is still asked', async () => {
  const [broken, sound] = [await startRawUpstream(html502), await startRawUpstream(wellBehaved)];
  const region = (name: string, endpoint: string) => ({
    name,
    endpoint: `${endpoint}/{service}`,
    credentials: { mode: 'passthrough' },
  });
  const gateway = await startGateway({
    config: { regions: [region('eu-1', broken.url), region('eu-2', sound.url)], upstream: BREAKER },
  });
  const ask = (name: string, count = 0) =>
    gateway.get(`/tasks/ims/4b1f${count}?projectId=p&region=${name}`, { token: TOKEN, headers: RELOAD });
  for (let count = 0; count <= MINIMUM; count += 1) await ask('eu-1', count);
  expect(broken.requests).toHaveLength(MINIMUM);
  expectLive(await ask('eu-2'));
  const { body } = await gateway.get('/providers/ims');
  expect(body['regions']).toMatchObject([
    { name: 'eu-1', breaker: 'open' },
    { name: 'eu-2', breaker: 'closed' },
  ]);
  await gateway.close();
  await Promise.all([broken.close(), sound.close()]);
});
