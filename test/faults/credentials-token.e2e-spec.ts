import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findProvider } from '@gateway/providers';
import { send } from '../support/http-client.js';
import { providersOn } from '../support/providers-on.js';
import { json } from './support/answers.js';
import { expectLive, expectNoLeak } from './support/expectations.js';
import { slugOf } from './support/problem.js';
import { startRawUpstream } from './support/raw-upstream.js';
import { nameOf, OTHER_PROJECT, PROJECT, SECRETS, startSimulatedClouds } from './support/simulated-clouds.js';
import type { SimulatedClouds } from './support/simulated-clouds.js';

const MAKERS = (['hetzner', 'digitalocean', 'gitlab', 'github'] as const).map((cloud) => ({
  cloud,
  service: providersOn(cloud)[0]?.id ?? '',
}));

let clouds: SimulatedClouds;
let alice: string;
let bob: string;
beforeEach(async () => {
  clouds = await startSimulatedClouds();
  alice = clouds.tokenOf('alice');
  bob = clouds.tokenOf('bob', OTHER_PROJECT);
});
afterEach(async () => {
  expectNoLeak(clouds.gateway, alice, bob, SECRETS.TOKEN);
  await clouds.close();
});

it("caller's own token: goes to one cloud in a batch, or to none", async () => {
  const tasks = ['ims', ...MAKERS.map(({ service }) => service)].map((provider) => {
    const cloud = MAKERS.find(({ service }) => service === provider)?.cloud;
    const path = provider === 'ims' ? PROJECT : 'acme/first';
    return {
      provider,
      id: clouds.finishedTask(provider),
      region: cloud === undefined ? 'own' : `own-${cloud}`,
      ...(findProvider(provider)?.scope.includes('projectId') === true ? { projectId: path } : {}),
    };
  });
  const batch = (some: readonly object[]) =>
    send(clouds.gateway.port, {
      method: 'POST',
      path: '/tasks/batch-get',
      headers: { 'content-type': 'application/json', 'x-auth-token': alice },
      body: JSON.stringify({ tasks: some }),
    });
  const reply = await batch(tasks);
  expect([reply.status, (reply.body as { readonly errors?: unknown }).errors]).toEqual([
    400,
    [
      {
        detail:
          'The token is of one cloud, and these tasks are on open-telekom-cloud (own) and hetzner (own-hetzner) and ' +
          'digitalocean (own-digitalocean) and gitlab (own-gitlab) and github (own-github): ask for those of each in a batch of its own.',
        header: 'X-Auth-Token',
      },
    ],
  ]);
  expect(clouds.asked()).toEqual({ iam: 0, tasks: 0 });
  for (const task of tasks) expect((await batch([task, task])).body).toMatchObject({ items: [{ status: 200 }, {}] });
});

describe.each(MAKERS)('$service', ({ cloud, service }) => {
  it("gateway's token: goes to the cloud as a bearer token, and the caller's does not", async () => {
    expectLive(await clouds.lookup('key', service, clouds.finishedTask(service), { token: alice }));
    expect(clouds.credentials()).toEqual([nameOf(SECRETS.TOKEN)]);
    const [{ headers } = { headers: [] }] = clouds.simulator.control.requests(service);
    expect(headers).toEqual(expect.arrayContaining(['authorization', 'user-agent', 'accept']));
    expect(headers).not.toContain('x-auth-token');
  });

  it("caller's own token: goes to the cloud in that same way", async () => {
    expectLive(await clouds.lookup('own', service, clouds.finishedTask(service), { token: alice }));
    expect(clouds.credentials()).toEqual([nameOf(alice)]);
    expect(clouds.simulator.control.requests(service)[0]?.headers).not.toContain('x-auth-token');
    expect((await clouds.lookup('own', service, clouds.finishedTask(service))).status).toBe(401);
    expect(clouds.asked()).toEqual({ iam: 0, tasks: 1 });
  });

  it("token that is refused: the gateway's is a 502 that health shows, a caller's a 401; neither is tried again", async () => {
    const refused = 'tokenThatNobodyMade0123456789';
    const own = await clouds.lookup('own', service, clouds.finishedTask(service), { token: refused });
    expect([slugOf(own), own.status]).toEqual(['upstream-credentials-rejected', 401]);
    clouds.simulator.control.putReply({ service, id: '7', status: 401, body: { message: `Who is ${SECRETS.TOKEN}?` } });
    const ours = await clouds.lookup('key', service, '7');
    expect([slugOf(ours), ours.status]).toEqual(['upstream-credentials-rejected', 502]);
    expect(clouds.asked().tasks).toBe(2);
    const { body } = await clouds.gateway.get('/readyz');
    expect(body['unhealthy']).toEqual([{ service, region: cloud, reason: 'credentials-rejected' }]);
    expectNoLeak(clouds.gateway, refused);
  });

  it('redirect to another host: not followed, so that the token stays', async () => {
    const elsewhere = await startRawUpstream(json(200, {}));
    try {
      const location = `${elsewhere.url}/stolen`;
      for (const status of [301, 302, 307, 308]) {
        clouds.simulator.control.putFault(service, { kind: 'redirect', location, status });
        for (const region of ['key', 'own'] as const) {
          const reply = await clouds.lookup(region, service, clouds.finishedTask(service), { token: alice });
          expect(slugOf(reply)).toBe('upstream-misconfigured');
          expect(reply.text).not.toContain('stolen');
        }
      }
      expect(elsewhere.connections()).toBe(0);
    } finally {
      await elsewhere.close();
    }
  });

  it("what one caller's token brought: no other's is shown it, whatever else that token has read", async () => {
    const mine = clouds.finishedTask(service);
    const theirs = clouds.finishedTask(service, OTHER_PROJECT);
    expectLive(await clouds.lookup('own', service, mine, { token: alice }));
    expect((await clouds.lookup('own', service, mine, { token: alice })).body['source']).toBe('cache');
    expectLive(await clouds.lookup('own', service, theirs, { token: bob, project: OTHER_PROJECT }));
    const cached = { 'cache-control': 'only-if-cached' };
    expect((await clouds.lookup('own', service, mine, { token: bob, headers: cached })).status).toBe(504);
    const denied = await clouds.lookup('own', service, mine, { token: bob });
    expect(['task-not-found', 'scope-not-found']).toContain(slugOf(denied));
    expect(clouds.asked().tasks).toBe(3);
    // Whom the cloud itself has answered about this task is shown it.
    expectLive(await clouds.lookup('own', service, mine, { token: clouds.tokenOf('bob') }));
  });

  it('token that the cloud has refused: proves nothing of other tasks any more, until the cloud takes it again', async () => {
    const [first, second] = [clouds.finishedTask(service), clouds.finishedTask(service)];
    const look = (id: string, directive = '') =>
      clouds.lookup('own', service, id, {
        token: alice,
        headers: directive === '' ? {} : { 'cache-control': directive },
      });
    for (const id of [first, second]) expectLive(await look(id));
    expect((await look(second, 'only-if-cached')).status).toBe(200);
    clouds.simulator.control.revokeTokens({ as: 'invalid', user: 'alice' });
    expect((await look(first, 'no-cache')).status).toBe(401);
    for (const id of [first, second]) expect((await look(id, 'only-if-cached')).status).toBe(504);
    expect((await look(second)).status).toBe(401);
  });

  it('limit that is used up: throttled, until it begins anew', async () => {
    clouds.simulator.control.putFault(service, { kind: 'throttling', form: cloud });
    for (const [region, slug, status] of [
      ['key', 'upstream-throttled', 503],
      ['own', 'rate-limited', 429],
    ] as const) {
      const reply = await clouds.lookup(region, service, clouds.finishedTask(service), { token: alice });
      expect([slugOf(reply), reply.status]).toEqual([slug, status]);
      // Hetzner names the time of full recovery only, long after requests are taken again.
      const wait = Number(reply.headers['retry-after']);
      if (cloud === 'hetzner') expect(wait).toBe(5);
      else expect(wait > 60 && wait <= 121).toBe(true);
    }
  });
});

it.each([
  ['60', '60'],
  ['7', '7'],
  // Its documentation asks for a minute where nothing is named.
  [null, '60'],
])('secondary limit of GitHub, which only its text tells, for %s s: throttled, not forbidden', async (sent, wait) => {
  const named = sent === null ? {} : { retryAfter: sent };
  clouds.simulator.control.putFault('github-run', { kind: 'throttling', form: 'github-secondary', ...named });
  const reply = await clouds.lookup('key', 'github-run', clouds.finishedTask('github-run'));
  expect([slugOf(reply), reply.headers['retry-after']]).toEqual(['upstream-throttled', wait]);
});

it('names of projects: one segment at GitLab, two at GitHub', async () => {
  const ids = ['gitlab-pipeline', 'github-run'].map((service) => {
    const id = clouds.finishedTask(service);
    return { service, id };
  });
  for (const { service, id } of ids) expectLive(await clouds.lookup('key', service, id, { project: PROJECT }));
  const [gitlab, github] = ids.map(({ id }) => id);
  expect(clouds.simulator.control.requests().map(({ path }) => path)).toEqual([
    `/gitlab/api/v4/projects/acme%2Ffirst/pipelines/${gitlab}`,
    `/github/repos/acme/first/actions/runs/${github}?exclude_pull_requests=true`,
  ]);
  expect(clouds.simulator.control.requests('github-run')[0]?.headers).toContain('x-github-api-version');
});
