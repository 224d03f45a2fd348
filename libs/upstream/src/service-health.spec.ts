import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { LookupProblem } from '@gateway/tasks';
import type { BreakerState } from './policy/breaker.js';
import { ServiceHealth } from './service-health.js';
import { UpstreamFailure } from './errors/upstream-failure.js';

const OURS = (): boolean => true;
const THEIRS = (): boolean => false;

let now: number;
let breaker: BreakerState;
let health: ServiceHealth;
const lines: string[] = [];

beforeEach(() => {
  now = 0;
  breaker = 'closed';
  health = new ServiceHealth(
    'ims in eu-de',
    () => breaker,
    () => now,
  );
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void lines.push(`warn ${String(text)}`));
  jest.spyOn(Logger.prototype, 'log').mockImplementation((text: unknown) => void lines.push(`info ${String(text)}`));
});
afterEach(() => {
  jest.restoreAllMocks();
  lines.length = 0;
});

async function fails(problem: LookupProblem, status: number | null = null, isOurs = OURS): Promise<void> {
  const upstream = status === null ? null : { status, code: 'C.1', requestId: null };
  const fault = new UpstreamFailure({ problem, detail: 'What happened.', upstream });
  await expect(health.watch(isOurs, () => Promise.reject(fault))).rejects.toBe(fault);
}
const answers = (): Promise<string> => health.watch(OURS, () => Promise.resolve('task'));

describe('health of a service', () => {
  it('no request so far, or answers: healthy', async () => {
    expect(health.unhealthyReason).toBeNull();
    expect(await answers()).toBe('task');
    expect(health.unhealthyReason).toBeNull();
    expect(lines).toEqual([]);
  });

  it.each([
    ['credentials-rejected', 'upstream-credentials-rejected', 401, 'refuses the credentials of the gateway.'],
    ['unreachable', 'upstream-unreachable', null, 'cannot be reached.'],
  ] as const)(
    '%s: known at once, logged once, and over with the next answer',
    async (reason, problem, status, words) => {
      for (let count = 0; count < 3; count += 1) await fails(problem, status);
      expect(health.unhealthyReason).toBe(reason);
      const evidence = status === null ? '' : ` Status ${status}, code C.1.`;
      expect(lines).toEqual([`warn ims in eu-de ${words} What happened.${evidence}`]);
      await answers();
      await answers();
      expect(health.unhealthyReason).toBeNull();
      expect(lines.slice(1)).toEqual(['info ims in eu-de is healthy again.']);
    },
  );

  it('breaker-open: until it is closed again', async () => {
    breaker = 'open';
    expect(health.unhealthyReason).toBe('breaker-open');
    await fails('upstream-unavailable');
    breaker = 'half-open';
    await fails('upstream-unavailable', 503);
    expect(health.unhealthyReason).toBe('breaker-open');
    breaker = 'closed';
    await answers();
    expect(health.unhealthyReason).toBeNull();
    expect(lines).toEqual([
      'warn ims in eu-de failed too often, and is given pauses. What happened.',
      'info ims in eu-de is healthy again.',
    ]);
  });

  it('changes from one reason to another: each is logged', async () => {
    await fails('upstream-unreachable');
    await fails('upstream-credentials-rejected', 401);
    await fails('upstream-credentials-rejected', 401);
    await answers();
    expect(lines).toEqual([
      'warn ims in eu-de cannot be reached. What happened.',
      'warn ims in eu-de refuses the credentials of the gateway. What happened. Status 401, code C.1.',
      'info ims in eu-de is healthy again.',
    ]);
  });

  it('reachable again while its breaker still probes: no other reason', async () => {
    await fails('upstream-unreachable');
    breaker = 'half-open';
    await answers();
    await fails('task-not-found', 404);
    breaker = 'closed';
    await answers();
    expect(lines).toEqual([
      'warn ims in eu-de cannot be reached. What happened.',
      'info ims in eu-de is healthy again.',
    ]);
  });

  it('credentials of a caller that are refused: no reason', async () => {
    await fails('upstream-credentials-rejected', 401, THEIRS);
    expect(health.unhealthyReason).toBeNull();
  });

  it.each([
    ['unreachable', 'upstream-unavailable', 503, null],
    ['unreachable', 'upstream-timeout', null, 'unreachable'],
    ['credentials-rejected', 'task-not-found', 404, null],
    ['credentials-rejected', 'upstream-unavailable', 503, 'credentials-rejected'],
    ['credentials-rejected', 'upstream-throttled', 429, 'credentials-rejected'],
  ] as const)('%s, then %s with status %s: %s', async (reason, problem, status, after) => {
    await (reason === 'unreachable' ? fails('upstream-unreachable') : fails('upstream-credentials-rejected', 401));
    await fails(problem, status);
    expect(health.unhealthyReason).toBe(after);
  });

  it('caller who left: changes nothing', async () => {
    await fails('upstream-unreachable');
    await expect(health.watch(OURS, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    expect(health.unhealthyReason).toBe('unreachable');
  });

  it('changes all the time: logged five times a minute, and once more when it stays', async () => {
    for (let count = 0; count < 20; count += 1) {
      await fails('upstream-unreachable');
      await answers();
    }
    await fails('upstream-unreachable');
    expect(lines).toHaveLength(10);
    now = 60_000;
    await fails('upstream-unreachable');
    expect(lines.slice(10)).toEqual(['warn ims in eu-de cannot be reached. What happened.']);
  });
});
