import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { Principals } from '../../apps/gateway/src/access/authentication.js';
import { moveClocks } from '../faults/support/clock.js';
import type { MovedClock } from '../faults/support/clock.js';
import { forbidden, notFound, refused, running, succeeded } from '../sharing/support/cloud.js';
import type { Answer, Call } from '../sharing/support/cloud.js';
import { SECRETS } from '../sharing/support/replicas.js';
import type { ReplicaOptions } from '../sharing/support/replicas.js';
import { newApiKey } from '../support/api-keys.js';
import { AUDIENCE, startIssuer } from '../support/issuer.js';
import type { Reply } from '../support/http-client.js';
import { pathOf, quickPathOf } from './support/followed-cloud.js';
import { shown, startWaitingCloud } from './support/waiting-cloud.js';
import type { WaitingCloud } from './support/waiting-cloud.js';

const ANY = { regions: 'any', projects: 'any', instances: 'any', providers: 'any' };
const APPLIED = 'wait=50';
const OWN = pathOf('task-1', '', 'own');
const [ALICE, BOB] = [{ 'x-auth-token': 'alice' }, { 'x-auth-token': 'bob' }];

let clock: MovedClock;
let clouds: WaitingCloud;
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  clock = moveClocks();
  cleanups.push(clock.restore);
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Partial<ReplicaOptions> = {}): Promise<void> {
  clouds = await startWaitingCloud(options);
  cleanups.push(() => clouds.close());
}

describe('before a wait', () => {
  it('whatever a request without Prefer would see: at once, and nothing is applied', async () => {
    const { key, entry } = newApiKey('one', { projects: ['project-1'], providers: ['ims'] });
    await start({ access: { mode: 'apiKey', apiKeys: [entry] } });
    clouds.say('missing', notFound);
    const known = { 'x-api-key': key };
    for (const [status, path, headers] of [
      [401, pathOf('task-1'), {}],
      [401, `${pathOf('task-1')}&more=1`, { 'x-api-key': 'another' }],
      [400, `${pathOf('task-1')}&more=1`, known],
      [403, pathOf('task-1').replace('project-1', 'project-2'), known],
      [403, quickPathOf('task-1', ''), known],
      [404, '/tasks/nowhere/task-1', known],
      [404, pathOf('missing'), known],
    ] as const) {
      const replies: Reply[] = [];
      for (const prefer of ['wait=50', 'nothing']) replies.push(await clouds.get(path, { ...headers, prefer }));
      const seen = replies.map((reply) => [shown(reply), reply.headers['www-authenticate'], reply.headers.vary]);
      expect(seen[0]).toEqual(seen[1]);
      expect(seen[0]).toEqual([
        [status, expect.any(String)],
        status === 401 ? expect.any(String) : undefined,
        seen[1]?.[2],
      ]);
    }
    expect(clouds.waits()).toBe(0);
  });

  it('nobody who may not read: asks the cloud, or is a reason for a wait', async () => {
    await start();
    clouds.cloud.behave(() => forbidden);
    expect(shown(await clouds.get(OWN, { ...ALICE, prefer: 'wait=50' }))).toEqual([403, 'PERMISSION_DENIED']);
    expect([clouds.waits(), clouds.watched()]).toEqual([0, 0]);
  });
});

describe('a reader who may not read any more', () => {
  it.each<[number, string, Answer]>([
    [401, 'UPSTREAM_CREDENTIALS_REJECTED', refused],
    [403, 'PERMISSION_DENIED', { status: 403, body: { error_code: 'APIG.1005', error_msg: 'No permissions' } }],
  ])('own token refused with %s in the middle: the problem at once', async (status, code, no) => {
    await start();
    const { reply } = await clouds.wait(quickPathOf('task-2', '', 'own'), ALICE);
    clouds.cloud.behave(() => no);
    expect(shown(await reply)).toEqual([status, code, APPLIED]);
    const challenge = (await reply).headers['www-authenticate'];
    expect(challenge).toBe(status === 401 ? 'X-Auth-Token realm="task-gateway"' : undefined);
    expect(clouds.waits()).toBe(0);
  });

  it('refused, while another is answered: sees nothing of that, and the other goes on', async () => {
    await start();
    const [alice, bob] = [await clouds.wait(OWN, ALICE), await clouds.wait(OWN, BOB)];
    const allow = (answer: (call: Call) => Answer) =>
      clouds.cloud.behave((call) => (call.token === 'alice' ? refused : answer(call)));
    const principal = new Principals(SECRETS.PRINCIPAL_SECRET).of('token', 'alice');
    await clouds.gateway.app.get(TaskCache).purge({ kind: 'principal', principal });
    allow(running);
    await clouds.settled();
    expect(clouds.waits()).toBe(2);
    allow(succeeded);
    await clouds.get(OWN, { ...BOB, 'cache-control': 'no-cache' });
    expect(shown(await alice.reply)).toEqual([401, 'UPSTREAM_CREDENTIALS_REJECTED', APPLIED]);
    expect((await alice.reply).text).not.toContain('succeeded');
    expect(shown(await bob.reply)).toEqual([200, 'succeeded', 'cache', APPLIED]);
  });

  it('proofs purged, and the cloud lets the token read: proven again, and answered', async () => {
    await start();
    const { reply } = await clouds.wait(OWN, ALICE);
    const principal = new Principals(SECRETS.PRINCIPAL_SECRET).of('token', 'alice');
    await clouds.gateway.app.get(TaskCache).purge({ kind: 'principal', principal });
    clouds.cloud.behave(succeeded);
    await clouds.get(OWN, BOB);
    clock.advance(2_000);
    await clouds.get(OWN, BOB);
    expect(shown(await reply).slice(0, 2)).toEqual([200, 'succeeded']);
    expect(clouds.cloud.calls.filter(({ token }) => token === 'alice')).toHaveLength(1);
  });

  it('proof that has ended when the time is over: the cloud is asked once more, and may refuse', async () => {
    await start({ cache: { proofTtlSeconds: 30 } });
    const waits = [await clouds.wait(OWN, ALICE), await clouds.wait(OWN, BOB)];
    clouds.cloud.behave((call) => (call.token === 'alice' ? refused : running(call)));
    clock.advance(50_000);
    const [alice, bob] = await Promise.all(waits.map(({ reply }) => reply));
    expect(shown(alice!)).toEqual([401, 'UPSTREAM_CREDENTIALS_REJECTED', APPLIED]);
    expect(shown(bob!).slice(0, 2)).toEqual([200, 'running']);
  });
});

describe('a bearer token that ends in the middle', () => {
  const TASK = pathOf('task-1');
  async function waitWithToken() {
    const issuer = await startIssuer();
    cleanups.push(() => issuer.close());
    const jwt = { issuer: issuer.url, audience: AUDIENCE, clockToleranceSeconds: 0, claims: ANY };
    await start({ access: { mode: 'jwt', jwt } });
    const bearer = async (seconds: number) => {
      const exp = Math.floor(Date.now() / 1000) + seconds;
      return { authorization: `Bearer ${await issuer.token({ claims: { exp } })}` };
    };
    const { reply } = await clouds.wait(TASK, await bearer(20));
    return { reply, other: await bearer(3_600) };
  }
  const CHALLENGE = 'Bearer realm="task-gateway", error="invalid_token"';

  it('401, with what to authenticate with, although the time is not over', async () => {
    const { reply } = await waitWithToken();
    clock.advance(21_000);
    expect(shown(await reply)).toEqual([401, 'UNAUTHENTICATED', APPLIED]);
    expect((await reply).headers['www-authenticate']).toBe(CHALLENGE);
  });

  it('401 also where the answer comes just then', async () => {
    const { reply, other } = await waitWithToken();
    clouds.say('task-1', 'SUCCESS');
    clock.advance(21_000);
    await clouds.get(TASK, { ...other, 'cache-control': 'no-cache' });
    expect(shown(await reply)).toEqual([401, 'UNAUTHENTICATED', APPLIED]);
  });

  it('not before: answered as ever', async () => {
    const { reply, other } = await waitWithToken();
    clock.advance(10_000);
    await clouds.settled();
    expect(clouds.waits()).toBe(1);
    clouds.say('task-1', 'SUCCESS');
    await clouds.get(TASK, { ...other, 'cache-control': 'no-cache' });
    expect(shown(await reply)).toEqual([200, 'succeeded', 'cache', APPLIED]);
  });
});
