import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { TaskAddress } from '@gateway/tasks';
import { Principals } from '../../apps/gateway/src/access/authentication.js';
import { eventually } from '../support/eventually.js';
import type { Reply } from '../support/http-client.js';
import { closedGate, refused, running, startCloud, succeeded, tokenOf } from './support/cloud.js';
import type { Behaviour, Call, Cloud, Gate } from './support/cloud.js';
import { SECRETS, startLocal } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';

const PROJECT = 'project-1';
const TOKEN = 'token-1';
const address = new TaskAddress({
  provider: 'ims',
  region: 'shared',
  projectId: PROJECT,
  instanceId: null,
  id: 'task-1',
});
const principal = new Principals(SECRETS.PRINCIPAL_SECRET).of('token', TOKEN);

let held: 'ims' | 'iam' | null;
let task: Behaviour;
let isRefused: boolean;
let gate: Gate;
let cloud: Cloud;
let replica: LocalReplica;
beforeEach(async () => {
  isRefused = false;
  task = succeeded;
  gate = closedGate();
  cloud = await startCloud(async (call) => {
    const answer = call.service === 'iam' ? identify(call) : await task(call);
    if (call.service === held) await gate.opened;
    return answer;
  }, true);
  replica = await startLocal({ cloud: cloud.url, access: { mode: 'passthrough' } });
});
afterEach(async () => {
  gate.open();
  await replica.close();
  await cloud.close();
});

const identify = (call: Call) => (isRefused ? refused : tokenOf(PROJECT, call));
const lookUp = (headers: Readonly<Record<string, string>>): Promise<Reply> =>
  replica.ask({
    path: `/tasks/ims/task-1?projectId=${PROJECT}&region=shared`,
    headers: { 'x-auth-token': TOKEN, ...headers },
  });
const callsOf = (service: string): number => cloud.calls.filter((call) => call.service === service).length;

describe.each(['ims', 'iam'] as const)('proofs of a caller are purged while %s is asked for it', (service) => {
  beforeEach(() => {
    held = service;
  });

  it.each([
    ['may still read: is answered, by a proof of its own time', false, 200],
    ['may not read any more: is refused', true, 401],
  ])('%s', async (_name, isRefusedNow, status) => {
    const reply = lookUp({ 'cache-control': 'no-cache' });
    await eventually(() => callsOf(service) === 1);
    await replica.app.get(TaskCache).purge({ kind: 'principal', principal });
    isRefused = isRefusedNow;
    gate.open();
    expect((await reply).status).toBe(status);
    expect([callsOf('iam'), callsOf('ims')]).toEqual([2, service === 'iam' && isRefusedNow ? 0 : 1]);
  });
});

describe('proofs of a caller are purged while the store is read: nothing of it is shown', () => {
  it.each([
    ['GET', 'getRemote', {}, 401],
    ['only-if-cached', 'getCached', { 'cache-control': 'only-if-cached' }, 504],
    ['the end of a wait', 'getCached', { prefer: 'wait=1' }, 401],
  ] as const)('%s', async (_name, read, headers, status) => {
    held = null;
    task = running;
    await lookUp({});
    const cache = replica.app.get(TaskCache);
    const stored = cache.tasks.getLocal(address);
    const reading = jest.spyOn(cache.tasks, read).mockImplementation(() => gate.opened.then(() => stored));
    if (read === 'getRemote') jest.spyOn(cache.tasks, 'getLocal').mockReturnValue(null);
    if (status === 504) cache.proofs.revoke(principal, address.scope);
    const reply = lookUp(headers);
    await eventually(() => reading.mock.calls.length > 0);
    await cache.purge({ kind: 'principal', principal });
    isRefused = true;
    gate.open();
    expect((await reply).status).toBe(status);
  });
});
