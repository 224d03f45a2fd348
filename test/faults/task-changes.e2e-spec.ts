import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findProvider } from '@gateway/providers';
import { expectLive } from './support/expectations.js';
import { slugOf } from './support/problem.js';
import { LIVING_SERVICES, PROJECT, startSimulatedClouds } from './support/simulated-clouds.js';
import type { Service, SimulatedClouds } from './support/simulated-clouds.js';

const MINUTE = 60_000;

let clouds: SimulatedClouds;
beforeEach(async () => {
  // Only the clouds' clock is moved: what changes there shows at once.
  clouds = await startSimulatedClouds({ config: { cache: { unfinishedTtlSeconds: 0, negativeTtlSeconds: 0 } } });
});
afterEach(() => clouds.close());

/** Whether tasks of a service can live again once they are done. */
const isRevivable = (service: Service): boolean => findProvider(service)?.doneTtlSeconds !== undefined;

describe.each(LIVING_SERVICES.filter(isRevivable))('a task of %s, which can live again', (service) => {
  it('done and running again: kept for its time, and shown alive to whoever asks the cloud', async () => {
    const { control } = clouds.simulator;
    const { id } = control.createTask({ service, projectId: PROJECT });
    const done = await clouds.lookup('key', service, id);
    expectLive(done);
    expect(done.body).toMatchObject({ status: 'succeeded', done: true, pollAfterSeconds: null });
    control.createTask({ service, id, projectId: PROJECT, runningMs: MINUTE });
    const kept = await clouds.lookup('key', service, id);
    expect(kept.body).toMatchObject({ status: 'succeeded', source: 'cache', version: done.body['version'] });
    expect(Number(/ttl=(\d+)/.exec(String(kept.headers['cache-status']))?.[1])).toBeLessThanOrEqual(30);

    const validator = { 'if-none-match': String(done.headers['etag']) };
    const alive = await clouds.lookup('key', service, id, { headers: { 'cache-control': 'no-cache', ...validator } });
    expectLive(alive);
    expect(alive.body).toMatchObject({ status: 'running', done: false, endedAt: null, result: null });
    expect(alive.headers['etag']).not.toBe(done.headers['etag']);
    expect((await clouds.lookup('key', service, id, { headers: validator })).body).toMatchObject({ status: 'running' });
    control.advanceClock({ advanceMs: MINUTE });
    expect((await clouds.lookup('key', service, id)).body).toMatchObject({ status: 'succeeded', source: 'live' });
  });

  it('alive again while the cloud is down: shown alive, not as it was done before', async () => {
    const { control } = clouds.simulator;
    const { id } = control.createTask({ service, projectId: PROJECT });
    await clouds.lookup('key', service, id);
    control.createTask({ service, id, projectId: PROJECT, runningMs: MINUTE });
    await clouds.lookup('key', service, id, { headers: { 'cache-control': 'no-cache' } });
    control.putFault(service, { kind: 'error', status: 500, body: { message: '500 Internal Server Error' } });
    expect((await clouds.lookup('key', service, id)).body).toMatchObject({ status: 'running', source: 'stale' });
  });
});

describe.each(LIVING_SERVICES)('a task of %s', (service) => {
  it('not there at first: found once it is', async () => {
    const { control } = clouds.simulator;
    const { id } = control.createTask({ service, projectId: PROJECT, runningMs: MINUTE, visibleAfterMs: 5_000 });
    expect(slugOf(await clouds.lookup('key', service, id))).toBe('task-not-found');
    control.advanceClock({ advanceMs: 5_000 });
    const found = await clouds.lookup('key', service, id);
    expectLive(found);
    expect(found.body).toMatchObject({ status: 'running', done: false });
    expect(clouds.asked().tasks).toBe(2);
  });

  it('unfinished: asked for until it is final, and never after', async () => {
    const { control } = clouds.simulator;
    const { id } = control.createTask({ service, projectId: PROJECT, queuedMs: MINUTE, runningMs: MINUTE });
    const states: unknown[] = [];
    for (let count = 0; count < 5; count += 1) {
      const { body } = await clouds.lookup('key', service, id);
      states.push([body['status'], body['source']]);
      control.advanceClock({ advanceMs: MINUTE });
    }
    const waits = Object.values(findProvider(service)?.statuses ?? {}).includes('pending');
    expect(states).toEqual([
      // Some services have no word for what waits.
      [waits ? 'pending' : 'running', 'live'],
      ['running', 'live'],
      ['succeeded', 'live'],
      ['succeeded', 'cache'],
      ['succeeded', 'cache'],
    ]);
    expect(clouds.asked().tasks).toBe(3);
  });

  it('final and running again: stays final, also with no-cache', async () => {
    if (isRevivable(service)) return;
    const { control } = clouds.simulator;
    const { id } = control.createTask({ service, projectId: PROJECT });
    const final = await clouds.lookup('key', service, id);
    expect(final.body).toMatchObject({ status: 'succeeded', source: 'live' });
    control.createTask({ service, id, projectId: PROJECT, runningMs: MINUTE });
    const known = { status: 'succeeded', source: 'cache', version: final.body['version'] };
    const insisting = await clouds.lookup('key', service, id, { headers: { 'cache-control': 'no-cache' } });
    expect(insisting.body).toMatchObject(known);
    expect((await clouds.lookup('key', service, id)).body).toMatchObject(known);
  });

  it('final and gone: stays known, until somebody sends no-cache', async () => {
    const { control } = clouds.simulator;
    const { id } = control.createTask({ service, projectId: PROJECT });
    await clouds.lookup('key', service, id);
    control.createTask({ service, id, projectId: PROJECT, visibleAfterMs: MINUTE });
    expect((await clouds.lookup('key', service, id)).body).toMatchObject({ status: 'succeeded', source: 'cache' });
    const insisting = await clouds.lookup('key', service, id, { headers: { 'cache-control': 'no-cache' } });
    expect(slugOf(insisting)).toBe('task-not-found');
  });
});
