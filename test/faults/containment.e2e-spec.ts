import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { UpstreamClient } from '@gateway/upstream';
import type { PolicyState } from '@gateway/upstream';
import { bytes, holdingBack, wellBehaved, whole } from './support/answers.js';
import { eventually } from '../support/eventually.js';
import { expectContained, expectLive } from './support/expectations.js';
import { expectProblem, slugOf } from './support/problem.js';
import { startTwoClouds, TASK, TOKEN } from './support/two-clouds.js';
import type { TwoClouds } from './support/two-clouds.js';

const html502 = bytes(whole(502, '<html>502</html>', 'Content-Type: text/html'));

let clouds: TwoClouds;
afterEach(async () => {
  await expectContained(clouds);
  await clouds.close();
});

const guard = (): PolicyState => clouds.gateway.app.get(UpstreamClient).state('ims', 'eu-test');

describe('a queue before places that are all taken', () => {
  it('place that becomes free: the next waiter is served', async () => {
    clouds = await startTwoClouds({ upstream: { concurrency: 2, queueMs: 60_000, breakerMinimumRequests: 1 } });
    const { behaviour, held, release } = holdingBack();
    clouds.faulty.behave(behaviour);
    const served = [clouds.askFaulty({}, 'task-1'), clouds.askFaulty({}, 'task-2')];
    await eventually(() => held() === 2);
    served.push(clouds.askFaulty({}, 'task-3'));
    await eventually(() => guard().queued === 1);
    await expectContained(clouds);
    release();
    for (const reply of await Promise.all(served)) expectLive(reply);
    expect(clouds.faulty.requests).toHaveLength(3);
    expect(guard()).toEqual({ breaker: 'closed', retryAfterSeconds: null, inFlight: 0, queued: 0 });
  });

  it('queueMs over: 503, and not counted as a failure of the upstream', async () => {
    clouds = await startTwoClouds({ upstream: { concurrency: 1, queueMs: 20, breakerMinimumRequests: 1 } });
    const { behaviour, held, release } = holdingBack();
    clouds.faulty.behave(behaviour);
    const first = clouds.askFaulty();
    await eventually(() => held() === 1);
    expectProblem(clouds.gateway, await clouds.askFaulty({}, 'task-2'), {
      slug: 'upstream-unavailable',
      detail: 'Too many requests to the upstream are under way.',
      provider: 'ims',
      retryAfterSeconds: 1,
    });
    release();
    expectLive(await first);
    expect([clouds.faulty.requests.length, guard().breaker]).toEqual([1, 'closed']);
  });
});

describe('retries', () => {
  it('many failures: a small share of the requests', async () => {
    clouds = await startTwoClouds({
      upstream: { retryBudgetRatio: 0.2, retryBudgetMinimum: 3, breakerWindowMs: 600_000 },
    });
    clouds.faulty.behave(html502);
    for (let count = 0; count < 50; count += 1) expect(slugOf(await clouds.askFaulty())).toBe('upstream-unavailable');
    expect(clouds.faulty.requests).toHaveLength(60);
  });

  it('internal error: few, and they help', async () => {
    clouds = await startTwoClouds();
    const internal = bytes(whole(500, '{"error":{"code":"IMG.0018","message":"x"}}'));
    clouds.faulty.behave(internal);
    expect(slugOf(await clouds.askFaulty())).toBe('upstream-error');
    expect(clouds.faulty.requests).toHaveLength(2);
    clouds.faulty.behave((exchange) => (exchange.request === 1 ? internal : wellBehaved)(exchange));
    expectLive(await clouds.askFaulty());
    expect(clouds.faulty.requests).toHaveLength(2);
  });

  it('Retry-After beyond the deadline: none', async () => {
    clouds = await startTwoClouds({ upstream: { attemptMs: 20_000, requestMs: 20_000 } });
    clouds.faulty.behave(bytes(whole(503, '{}', 'Retry-After: 100')));
    const reply = await clouds.askFaulty();
    expect([slugOf(reply), reply.headers['retry-after']]).toEqual(['upstream-unavailable', '100']);
    expect(clouds.faulty.requests).toHaveLength(1);
  });
});

describe('a caller who leaves', () => {
  async function startAsking(id: string): Promise<() => void> {
    const socket = connect(clouds.gateway.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`GET /tasks/ims/${id}?projectId=p HTTP/1.1\r\nHost: gateway\r\nX-Auth-Token: ${TOKEN}\r\n\r\n`);
    return () => void socket.destroy();
  }

  it('while the upstream is asked: its request is aborted, and counts as no failure', async () => {
    clouds = await startTwoClouds({ upstream: { breakerMinimumRequests: 1 } });
    const { behaviour, held } = holdingBack();
    clouds.faulty.behave(behaviour);
    const leave = await startAsking(TASK);
    await eventually(() => held() === 1);
    expect(clouds.faulty.open()).toBe(1);
    leave();
    await eventually(() => clouds.faulty.open() === 0 && guard().inFlight === 0);
    expect(guard()).toEqual({ breaker: 'closed', retryAfterSeconds: null, inFlight: 0, queued: 0 });
    expect(clouds.faulty.requests).toHaveLength(1);
    clouds.faulty.behave(wellBehaved);
    expectLive(await clouds.askFaulty());
  });

  it('while queued: leaves the queue', async () => {
    clouds = await startTwoClouds({ upstream: { concurrency: 1, queueMs: 60_000, breakerMinimumRequests: 1 } });
    const { behaviour, held, release } = holdingBack();
    clouds.faulty.behave(behaviour);
    const first = clouds.askFaulty();
    await eventually(() => held() === 1);
    const leave = await startAsking('task-2');
    await eventually(() => guard().queued === 1);
    leave();
    await eventually(() => guard().queued === 0);
    release();
    expectLive(await first);
    expect([clouds.faulty.requests.length, guard().breaker]).toEqual([1, 'closed']);
  });
});
