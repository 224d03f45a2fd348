import { afterEach, beforeEach, expect, jest } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { behind, closedGate, succeeded, tokenOf } from './support/cloud.js';
import { ask, isProven, PRINCIPAL, PROJECT, proofsOf, ProvenReplicas, SCOPE } from './support/proven-replicas.js';

const { describe, it } = needing('redis-server');
jest.setTimeout(60_000);

const fleet = new ProvenReplicas();
beforeEach(() => fleet.open());
afterEach(() => fleet.close());

describe('token that the cloud has refused, answers under way', () => {
  it('answer that came before: no proof', async () => {
    const gate = closedGate();
    await fleet.ofCloud(succeeded, true);
    const [one, other] = [await fleet.start(), await fleet.start()];
    // The identity service takes its time to say how long the token lives.
    fleet.cloud.behave(async (call) =>
      call.service === 'iam' ? behind(gate, () => tokenOf(PROJECT, call))(call) : succeeded(call),
    );
    const early = ask(other, 'task-1', 'no-cache');
    await eventually(() => fleet.cloud.calls.some(({ service }) => service === 'iam'));
    proofsOf(one).revoke(PRINCIPAL, SCOPE);
    await eventually(() => proofsOf(other).revisionOf(PRINCIPAL, SCOPE) > 0);
    gate.open();
    expect((await early).status).toBe(200);
    expect(isProven(other)).toBe(false);
  });

  it('answer asked for before, that comes after: no proof', async () => {
    const gate = closedGate();
    const one = await fleet.start();
    fleet.cloud.behave(behind(gate, succeeded));
    const early = ask(one, 'task-2');
    await eventually(() => fleet.cloud.calls.length === 1);
    await fleet.refusedAt(one);
    gate.open();
    expect((await early).status).toBe(200);
    expect(isProven(one)).toBe(false);
  });

  it('such an answer, replica that does not know the revocation yet: no proof', async () => {
    const gate = closedGate();
    const [one, late] = [await fleet.start(), await fleet.startDeaf()];
    proofsOf(late).revocations.stop();
    fleet.cloud.behave(behind(gate, succeeded));
    const early = ask(late, 'task-2');
    await eventually(() => fleet.cloud.calls.length === 1);
    await fleet.refusedAt(one);
    gate.open();
    expect((await early).status).toBe(200);
    await late.app.get(TaskCache).settled();
    expect(isProven(late)).toBe(true);
    expect(await proofsOf(one).has(PRINCIPAL, SCOPE)).toBe(false);
  });
});
