import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import type { Provider } from '@gateway/tasks';
import { DEMO_ACCOUNT } from '../accounts.js';
import { createWorld } from '../create-world.js';
import { describedDialect } from '../services/described.js';
import { startSimulator } from '../simulator.js';
import type { Simulator } from '../simulator.js';
import { APIG_INSTANCE, ask, askWithToken, NO_TASK, pathTo, PROJECT, send, tokenFor } from '../testing/ask.js';
import { createTask } from './create-task.js';

describe('control API', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());
  afterEach(() => simulator.control.reset());

  it('makes tasks', async () => {
    const { status, body } = await send(simulator, 'POST', '/_control/tasks', { service: 'apig', id: NO_TASK });
    expect(status).toBe(201);
    expect(body).toEqual({ service: 'apig', id: NO_TASK, projectId: PROJECT, instanceId: APIG_INSTANCE });
    const found = await askWithToken(simulator, pathTo.apig(NO_TASK), tokenFor(simulator));
    expect([found.status, found.body]).toMatchObject([200, { task_id: NO_TASK }]);
  });

  it('says everything that is wrong', async () => {
    const { status, body } = await send(simulator, 'POST', '/_control/tasks', { service: 'x', queuedMs: 'y', z: 1 });
    expect([status, body]).toEqual([
      400,
      {
        errors: [
          `service must be one of ${PROVIDERS.map(({ id }) => id).join(', ')}`,
          expect.stringMatching(/^queuedMs must be an integer from 0 to \d+$/),
          'z is not known here',
        ],
      },
    ]);
    const broken = await ask(simulator, '/_control/clock', { method: 'POST', body: '{' });
    expect([broken.status, broken.body]).toEqual([400, { errors: ['the body is not JSON'] }]);
    expect((await send(simulator, 'POST', '/_control/clock')).status).toBe(400);
    expect((await send(simulator, 'POST', '/_control/nothing')).status).toBe(404);
    expect((await send(simulator, 'GET', '/_control/tasks')).status).toBe(405);
    expect((await send(simulator, 'GET', '/_control/tasks/x')).status).toBe(404);
  });

  it('puts replies, of JSON, text and bytes, even for ids that no cloud would accept', async () => {
    const look = async (id: string) => {
      const { status, text, headers } = await askWithToken(simulator, pathTo.ims(id), tokenFor(simulator));
      return { status, text, type: headers.get('content-type') };
    };
    const put = async (reply: object) => (await send(simulator, 'PUT', '/_control/replies', reply)).status;
    expect(await put({ service: 'ims', id: 'x', body: { status: 'SUCCESS' } })).toBe(204);
    expect(await look('x')).toEqual({ status: 200, text: '{"status":"SUCCESS"}', type: 'application/json' });
    expect(
      await put({ service: 'ims', id: 'x', status: 503, headers: { 'content-type': 'text/html' }, text: '<p>' }),
    ).toBe(204);
    expect(await look('x')).toEqual({ status: 503, text: '<p>', type: 'text/html' });
    expect(await put({ service: 'ims', id: 'x', body: null })).toBe(204);
    expect((await look('x')).text).toBe('null');
    expect(await put({ service: 'ims', id: 'x', base64: Buffer.from('\ufeff{}').toString('base64') })).toBe(204);
    expect((await askWithToken(simulator, pathTo.ims('x'), 'wrong')).status).toBe(401);
    expect(await put({ service: 'ims', id: 'x' })).toBe(400);
    expect(await put({ service: 'iam', id: 'x', body: 1 })).toBe(400);
  });

  it('moves the clock', async () => {
    const { body } = await send(simulator, 'POST', '/_control/clock', { advanceMs: 86_400_000 });
    const { now } = body as { now: string };
    expect(Date.parse(now)).toBeGreaterThan(Date.now() + 86_000_000);
    expect(((await ask(simulator, '/_control/clock')).body as { now: string }).now.slice(0, 10)).toBe(now.slice(0, 10));
    await send(simulator, 'POST', '/_control/clock', { advanceMs: -172_800_000 });
    expect(simulator.control.now()).toBeLessThan(Date.now());
  });

  it('puts and removes faults', async () => {
    const status = async () => (await ask(simulator, pathTo.dms(NO_TASK))).status;
    const fault = { kind: 'empty', status: 500 };
    expect((await send(simulator, 'PUT', '/_control/faults/dms', fault)).status).toBe(204);
    expect(await status()).toBe(500);
    expect((await send(simulator, 'DELETE', '/_control/faults/dms')).status).toBe(204);
    expect(await status()).toBe(401);
    await send(simulator, 'PUT', '/_control/faults/dms', fault);
    expect((await send(simulator, 'DELETE', '/_control/faults')).status).toBe(204);
    expect(await status()).toBe(401);
  });

  it('lists what arrived, without secrets', async () => {
    const token = tokenFor(simulator);
    await askWithToken(simulator, `${pathTo.ims(NO_TASK)}?a=1`, token);
    await askWithToken(simulator, pathTo.ims(NO_TASK), token);
    await ask(simulator, pathTo.dms(NO_TASK));
    const { body, text } = await ask(simulator, '/_control/requests?service=ims');
    const { requests } = body as { requests: readonly Record<string, unknown>[] };
    expect(requests).toHaveLength(2);
    expect(requests[0]).toEqual({
      service: 'ims',
      method: 'GET',
      path: `${pathTo.ims(NO_TASK)}?a=1`,
      headers: expect.arrayContaining(['host', 'x-auth-token']),
      credential: { kind: 'token', sha256: expect.stringMatching(/^[0-9a-f]{12}$/) },
    });
    expect(requests[1]?.['credential']).toEqual(requests[0]?.['credential']);
    expect(text).not.toContain(token);
    expect(simulator.control.requests().at(-1)?.credential).toEqual({ kind: 'none', sha256: null });
    expect((await send(simulator, 'DELETE', '/_control/requests')).status).toBe(204);
    expect(simulator.control.requests()).toEqual([]);
  });

  it('revokes tokens', async () => {
    const token = tokenFor(simulator);
    const { status, body } = await send(simulator, 'POST', '/_control/tokens/revoke', { as: 'expired' });
    expect([status, body]).toEqual([200, { revoked: 1 }]);
    expect((await askWithToken(simulator, pathTo.dms(NO_TASK), token)).body).toMatchObject({
      error_code: 'DMS.10240102',
    });
    expect((await send(simulator, 'POST', '/_control/tokens/revoke', { as: 'x' })).status).toBe(400);
  });

  it('takes everything back', async () => {
    const token = tokenFor(simulator);
    simulator.control.createTask({ service: 'ims', id: NO_TASK });
    simulator.control.putReply({ service: 'ims', id: 'x', body: {} });
    simulator.control.putFault('ims', { kind: 'unavailable' });
    simulator.control.advanceClock({ advanceMs: 1_000_000 });
    expect((await send(simulator, 'DELETE', '/_control/state')).status).toBe(204);
    expect(simulator.control.requests()).toEqual([]);
    expect(Math.abs(simulator.control.now() - Date.now())).toBeLessThan(500_000);
    expect((await askWithToken(simulator, pathTo.ims(NO_TASK), token)).status).toBe(401);
    expect((await askWithToken(simulator, pathTo.ims(NO_TASK), tokenFor(simulator))).status).toBe(400);
    expect((await askWithToken(simulator, pathTo.ims('x'), tokenFor(simulator))).status).toBe(400);
  });

  it('issues tokens to known users only', () => {
    const input = { domain: 'demo', user: 'nobody', projectId: PROJECT };
    expect(() => simulator.control.issueToken(input)).toThrow(/no such user/);
  });
});

it('a service that names no types: has tasks all the same, and takes none', () => {
  const evs = PROVIDERS.find(({ id }) => id === 'evs') as Provider;
  const world = createWorld({ accounts: [DEMO_ACCOUNT], tokenLength: 100, tokenLifeMs: 60_000 });
  const services = [{ ...describedDialect(evs), defaultType: () => '' }];
  expect(createTask({ ...world, services }, { service: 'evs' })).toMatchObject({ type: '', outcome: 'succeeded' });
  const typed = { service: 'evs', type: 'any' };
  expect(() => createTask({ ...world, services }, typed)).toThrow(/^type does not exist for evs$/);
});
