import { afterEach, describe, expect, it } from '@jest/globals';
import type { Task } from '@gateway/tasks';
import { TaskCache } from '@gateway/cache';
import { Principals } from '../../apps/gateway/src/access/authentication.js';
import { TaskStreams } from '../../apps/gateway/src/watch/task-streams.js';
import { refused } from '../sharing/support/cloud.js';
import { SECRETS } from '../sharing/support/replicas.js';
import { eventually } from '../support/eventually.js';
import { AUDIENCE, startIssuer } from '../support/issuer.js';
import { pathOf, quickPathOf, referenceOf, startFollowedCloud } from './support/followed-cloud.js';
import type { FollowedCloud } from './support/followed-cloud.js';

let followed: FollowedCloud;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  await followed.close();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const mine = { 'x-auth-token': 'token-of-alice' };
const kindsOf = (events: readonly { readonly event?: string | undefined }[]) => events.map(({ event }) => event);

/** Alice's token is refused from now on; everybody else's is good. */
function refuseAlice(): void {
  followed.cloud.behave((call) => {
    if (call.token === mine['x-auth-token']) return refused;
    return { status: 200, body: { task_id: call.id, task_status: 'processing', task_type: 'import_api' } };
  });
}

describe("caller's own token, refused in the middle of a stream", () => {
  it.each([
    ['one task', quickPathOf('task-1', '/events', 'own'), undefined],
    [
      'several tasks',
      '/tasks/events',
      { tasks: ['task-1', 'task-2'].map((id) => ({ ...referenceOf(id, 'own'), provider: 'apig', instanceId: 'i' })) },
    ],
  ])('%s: the problem, then the end', async (_, path, body) => {
    followed = await startFollowedCloud();
    const reader = await followed.open(path, mine, body);
    const count = body?.tasks.length ?? 1;
    await reader.data('task', count);
    refuseAlice();
    expect(await reader.ended).toBe(true);
    expect(kindsOf(reader.events.slice(count))).toEqual(['problem', 'end']);
    expect((await reader.data('problem'))[0]).toMatchObject({
      status: 401,
      problem: { code: 'UPSTREAM_CREDENTIALS_REJECTED' },
    });
    expect(await reader.data('end')).toEqual([{ kind: 'end', reason: 'refused' }]);
    await eventually(() => followed.gateway.app.get(TaskStreams).size === 0);
  });

  it('refused at the start of one for several tasks: the problem, then the end', async () => {
    followed = await startFollowedCloud();
    refuseAlice();
    const reader = await followed.open('/tasks/events', mine, {
      tasks: [{ ...referenceOf('task-1', 'own'), provider: 'apig', instanceId: 'i' }],
    });
    expect(await reader.ended).toBe(true);
    expect(kindsOf(reader.events)).toEqual(['problem', 'end']);
    expect(await reader.data('end')).toEqual([{ kind: 'end', reason: 'refused' }]);
  });

  it('another caller of the same task: goes on', async () => {
    followed = await startFollowedCloud();
    const path = quickPathOf('task-1', '/events', 'own');
    const [alice, bob] = [
      await followed.open(path, mine),
      await followed.open(path, { 'x-auth-token': 'token-of-bob' }),
    ];
    await Promise.all([alice?.data('task'), bob?.data('task')]);
    refuseAlice();
    expect(await alice?.ended).toBe(true);
    expect(kindsOf(bob?.events ?? [])).toEqual(['task']);
    expect(followed.gateway.app.get(TaskStreams).size).toBe(1);
  });
});

it.each(['provider', 'principal'] as const)(
  'purge of the %s: the cloud is asked, and the stream goes on',
  async (kind) => {
    followed = await startFollowedCloud();
    const reader = await followed.open(quickPathOf('task-1', '/events', 'own'), mine);
    await reader.data('task');
    const principal = new Principals(SECRETS.PRINCIPAL_SECRET).of('token', mine['x-auth-token']);
    const cache = followed.gateway.app.get(TaskCache);
    await cache.purge(kind === 'provider' ? { kind, provider: 'apig' } : { kind, principal });
    followed.say('task-1', 'SUCCESS');
    expect(await reader.ended).toBe(true);
    expect(kindsOf(reader.events)).toEqual(['task', 'task', 'end']);
  },
);

it('news that another caller has fetched: shown once the own token has been accepted for it', async () => {
  followed = await startFollowedCloud({ cache: { proofTtlSeconds: 1 } });
  const reader = await followed.open(quickPathOf('task-1', '/events', 'silent'), mine);
  await reader.data('task');
  followed.say('task-1', 'SUCCESS');
  expect(await reader.ended).toBe(true);
  const shown = (await reader.data('task', 2)) as readonly { readonly task: Task }[];
  expect(shown[1]?.task.status).toBe('succeeded');
  expect(followed.cloud.calls.every(({ token }) => token === mine['x-auth-token'])).toBe(true);
});

it('bearer token that ends: so does the stream', async () => {
  const issuer = await startIssuer();
  cleanups.push(issuer.close);
  const jwt = {
    issuer: issuer.url,
    audience: AUDIENCE,
    algorithms: ['RS256'],
    clockToleranceSeconds: 0,
    claims: { regions: 'any', projects: 'any', instances: 'any', providers: 'any' },
  };
  followed = await startFollowedCloud({ access: { mode: 'jwt', jwt } });
  const exp = Math.ceil(Date.now() / 1000) + 3;
  const token = await issuer.token({ claims: { exp } });
  const reader = await followed.open(pathOf('task-1', '/events'), { authorization: `Bearer ${token}` });
  await reader.ended;
  expect([reader.status, kindsOf(reader.events)]).toEqual([200, ['task', 'end']]);
  expect(await reader.data('end')).toEqual([{ kind: 'end', reason: 'credentials-expired' }]);
});
