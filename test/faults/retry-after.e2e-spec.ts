import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { slugOf } from './support/problem.js';
import { startSimulatedClouds } from './support/simulated-clouds.js';
import type { SimulatedClouds } from './support/simulated-clouds.js';

const ID = '0123456789abcdef0123456789abcdef';

let clouds: SimulatedClouds;
beforeAll(async () => {
  clouds = await startSimulatedClouds({ upstream: { retries: 0 } });
});
afterAll(() => clouds.close());

/** What the gateway tells its caller to wait where the cloud says this. */
async function waitFor(status: number, retryAfter: string | null, region: 'own' | 'key') {
  const { control } = clouds.simulator;
  const headers: Readonly<Record<string, string>> = retryAfter === null ? {} : { 'Retry-After': retryAfter };
  control.putReply({ service: 'ims', id: ID, status, headers, body: {} });
  const reply = await clouds.lookup(region, 'ims', ID, { token: clouds.tokenOf('alice') });
  return { slug: slugOf(reply), header: reply.headers['retry-after'], member: reply.body['retryAfterSeconds'] };
}
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toUTCString();

describe.each([
  ['429 to the gateway', 429, 'key', 'upstream-throttled'],
  ["429 to the caller's own token", 429, 'own', 'rate-limited'],
  ['503', 503, 'key', 'upstream-unavailable'],
] as const)('a Retry-After with %s', (_name, status, region, slug) => {
  it.each([
    ['seconds', '7', 7],
    ['a fraction', '1.2', 2],
    ['zero', '0', 1],
    ['huge', '99999999', 300],
    ['more digits than any number', '9'.repeat(400), 300],
    ['negative', '-3', 5],
    ['a date that has passed', 'Wed, 21 Oct 2015 07:28:00 GMT', 1],
    ['a date far away', 'Thu, 01 Jan 2099 00:00:00 GMT', 300],
    ['a date that never is', 'Wed, 31 Feb 2027 07:28:00 GMT', 5],
    ['garbage', 'soon', 5],
    ['a list', '3, 4', 5],
    ['nothing', null, 5],
  ])('that is %s', async (_kind, value, seconds) => {
    expect(await waitFor(status, value, region)).toEqual({ slug, header: String(seconds), member: seconds });
  });

  it('a date close by: the seconds until then', async () => {
    const { slug: found, header, member } = await waitFor(status, inSeconds(100), region);
    expect([found, header]).toEqual([slug, String(member)]);
    // The date has whole seconds, and the test takes some time itself.
    expect(member).toBeGreaterThan(60);
    expect(member).toBeLessThanOrEqual(100);
  });
});

// The contract has Retry-After on 429 and 503 only; the gateway still passes it on with every problem.
it('Retry-After with any other failure: not passed on', async () => {
  expect(await waitFor(500, '7', 'key')).toEqual({ slug: 'upstream-error', header: undefined, member: null });
});
