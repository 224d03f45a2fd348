import { beforeEach, describe, expect, it } from '@jest/globals';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import { UpstreamSettings } from '../upstream-settings.js';
import { Breaker } from './breaker.js';

const FAULT = new UpstreamFailure({ problem: 'upstream-error', detail: 'It failed.' });

let now: number;
let breaker: Breaker;
beforeEach(() => {
  now = 1_000_000;
  breaker = new Breaker(
    new UpstreamSettings(),
    () => now,
    () => 0.99,
  );
});

async function fail(times: number): Promise<void> {
  for (let time = 0; time < times; time += 1)
    await breaker.run(() => Promise.reject(FAULT), `task ${time}`).catch(() => undefined);
}

describe('a breaker under control of an operator', () => {
  it('opened: refuses, however well the upstream does and however long it takes', () => {
    breaker.control = 'open';
    now += 24 * 3_600_000;
    expect(breaker.state).toBe('open');
    expect(() => breaker.refuseWhileOpen()).toThrow('An operator has stopped requests to the upstream.');
    expect([breaker.refused, breaker.retryAfterSeconds]).toEqual([1, 5]);
  });

  it('closed: lets everything through, however much fails', async () => {
    breaker.control = 'closed';
    await fail(100);
    expect(breaker.state).toBe('closed');
    expect(() => breaker.holdBack()).not.toThrow();
  });

  it('closed while it was open by itself: closes at once', async () => {
    await fail(100);
    expect(breaker.state).toBe('open');
    breaker.control = 'closed';
    expect([breaker.state, breaker.retryAfterSeconds]).toEqual(['closed', null]);
  });

  it('left to itself again: begins anew, and judges by what comes from then on', async () => {
    breaker.control = 'open';
    breaker.control = 'auto';
    expect([breaker.state, breaker.control]).toEqual(['closed', 'auto']);
    await fail(100);
    expect(breaker.state).toBe('open');
  });

  it('attempt that began before: changes nothing in what was ordered since', async () => {
    let end: (error: Error) => void = () => undefined;
    const attempt = breaker.run(() => new Promise<void>((_, reject) => (end = reject)), 'a').catch(() => undefined);
    breaker.control = 'open';
    end(FAULT);
    await attempt;
    expect(breaker.state).toBe('open');
  });
});
