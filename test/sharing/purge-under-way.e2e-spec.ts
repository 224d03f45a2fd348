import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { Principals } from '../../apps/gateway/src/access/authentication.js';
import { eventually } from '../support/eventually.js';
import type { Reply } from '../support/http-client.js';
import { closedGate, refused, startCloud, succeeded, tokenOf } from './support/cloud.js';
import type { Call, Cloud, Gate } from './support/cloud.js';
import { SECRETS, startLocal } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';

const PROJECT = 'project-1';
const TOKEN = 'token-1';
const principal = new Principals(SECRETS.PRINCIPAL_SECRET).of('token', TOKEN);

let held: 'ims' | 'iam';
let isRefused: boolean;
let gate: Gate;
let cloud: Cloud;
let replica: LocalReplica;
beforeEach(async () => {
  isRefused = false;
  gate = closedGate();
  cloud = await startCloud(async (call) => {
    const answer = call.service === 'iam' ? identify(call) : succeeded(call);
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
const ask = (): Promise<Reply> =>
  replica.ask({
    path: `/tasks/ims/task-1?projectId=${PROJECT}&region=shared`,
    headers: { 'x-auth-token': TOKEN, 'cache-control': 'no-cache' },
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
    const reply = ask();
    await eventually(() => callsOf(service) === 1);
    await replica.app.get(TaskCache).purge({ kind: 'principal', principal });
    isRefused = isRefusedNow;
    gate.open();
    expect((await reply).status).toBe(status);
    expect([callsOf('iam'), callsOf('ims')]).toEqual([2, service === 'iam' && isRefusedNow ? 0 : 1]);
  });
});
