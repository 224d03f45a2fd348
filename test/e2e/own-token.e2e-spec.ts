import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { expectProblem } from '../support/problems.js';
import { PROJECT, REGION, taskIn } from '../support/tasks.js';

const SECOND_PROJECT = '5f3a8e0d7c1b4e6f9a2d4c8b1e7f6a35';
const TASK = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
const CHALLENGE = 'X-Auth-Token realm="task-gateway"';

let simulator: Simulator;
let gateway: Gateway;
beforeAll(async () => {
  // The longest tokens that the clouds issue.
  simulator = await startSimulator({ tokenLength: 16_384 });
  const region = { name: REGION, iam: '${SIMULATOR_URL}/iam', endpoint: '${SIMULATOR_URL}/{service}' };
  const regions = [{ ...region, credentials: { mode: 'passthrough' } }];
  gateway = await startGateway({ simulator, config: { regions, providers: [], upstream: { retries: 0 } } });
});
afterAll(async () => {
  await gateway.close();
  await simulator.close();
});
beforeEach(() => simulator.control.clearRequests());
afterEach(() => simulator.control.clearFaults());

const newToken = (projectId = PROJECT): string =>
  simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId });

describe("a caller's own token", () => {
  it('of 16,384 characters: used, and fills in its project', async () => {
    const token = newToken();
    expect(token).toHaveLength(16_384);
    const reply = await gateway.get(TASK, { 'x-auth-token': token });
    expect(taskIn(reply)).toMatchObject({ status: 'succeeded', scope: { region: REGION, projectId: PROJECT } });
    expect(gateway.asked()).toEqual([`/ims/v1/${PROJECT}/jobs/ff8080814dbd65d7014dbe0d84db0013`]);
  });

  it('of another project: leads to that project', async () => {
    const reply = await gateway.get(TASK, { 'x-auth-token': newToken(SECOND_PROJECT) });
    expect(taskIn(reply).scope.projectId).toBe(SECOND_PROJECT);
  });

  it('answer to it: for its bearer only', async () => {
    const [mine, yours] = [newToken(), newToken()];
    const sources: string[] = [];
    for (const token of [mine, mine, yours, yours, mine])
      sources.push(taskIn(await gateway.get(TASK, { 'x-auth-token': token })).source);
    expect(sources).toEqual(['live', 'cache', 'live', 'cache', 'cache']);
  });

  it('missing: 401, and nothing is sent without it, cached or not', async () => {
    await gateway.get(TASK, { 'x-auth-token': newToken() });
    simulator.control.clearRequests();
    const reply = await gateway.get(TASK);
    expectProblem(gateway, reply, 'unauthenticated', {
      provider: 'ims',
      detail: 'ims in this region is asked with your own cloud token: send it as X-Auth-Token.',
    });
    expect(reply.headers['www-authenticate']).toBe(CHALLENGE);
    expect(simulator.control.requests()).toEqual([]);
  });

  it.each(['', `?projectId=${PROJECT}`])('refused by the cloud: 401 (%s)', async (query) => {
    const reply = await gateway.get(TASK + query, { 'x-auth-token': 'x'.repeat(16_384) });
    expect(reply.body).toMatchObject({ status: 401, code: 'UPSTREAM_CREDENTIALS_REJECTED', provider: 'ims' });
    expect(reply.headers['www-authenticate']).toBe(CHALLENGE);
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  it('throttled by the cloud: 429', async () => {
    simulator.control.putFault('ims', { kind: 'throttling', retryAfter: '7' });
    const reply = await gateway.get(`${TASK}?projectId=${PROJECT}`, { 'x-auth-token': newToken() });
    expect(reply.body).toMatchObject({ status: 429, code: 'RATE_LIMITED', retryable: true, retryAfterSeconds: 7 });
    expect(reply.headers['retry-after']).toBe('7');
  });

  it('batch: used for each item', async () => {
    const tasks = [
      { provider: 'ims', id: 'ff8080814dbd65d7014dbe0d84db0013' },
      { provider: 'nowhere', id: 'x' },
    ];
    const withToken = await gateway.post('/tasks/batch-get', { tasks }, { 'x-auth-token': newToken() });
    expect(withToken.body).toMatchObject({ items: [{ status: 200 }, { status: 404 }] });
    const without = await gateway.post('/tasks/batch-get', { tasks });
    expect(without.body).toMatchObject({
      items: [{ status: 401, problem: { code: 'UNAUTHENTICATED' } }, { status: 404 }],
    });
  });

  it('any outcome: in no reply and no line of log', async () => {
    const token = newToken();
    const reply = await gateway.get(TASK, { 'x-auth-token': token });
    expect(taskIn(reply).status).toBe('succeeded');
    const output = [...gateway.logs, reply.text, JSON.stringify(reply.headers)].join('\n');
    expect(output).not.toContain(token.slice(0, 64));
  });
});
