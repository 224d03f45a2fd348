import { expect, it } from '@jest/globals';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { UpstreamClient } from '@gateway/upstream';
import type { PolicyState } from '@gateway/upstream';
import { send } from '../support/http-client.js';
import { whole } from './support/answers.js';
import { eventually } from '../support/eventually.js';
import { expectLive } from './support/expectations.js';
import { startTwoClouds, TOKEN } from './support/two-clouds.js';
import type { TwoClouds } from './support/two-clouds.js';
import type { Behaviour } from './support/raw-upstream.js';

const AT_ONCE = 100;
const ROUNDS = 30;
const MEGABYTE = 1_024 * 1_024;

const FAULTS: readonly Behaviour[] = [
  ({ socket }) => socket.resetAndDestroy(),
  ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{'),
  ({ socket }) => socket.write(whole(200, '<html></html>')),
  ({ socket }) => socket.write('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
  ({ socket }) => socket.write(whole(500, '{}')),
  ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n${' '.repeat(5_000)}`),
  // Nothing at all, until the gateway gives up.
  () => undefined,
];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** So many callers, each with so many requests, one after the other. */
async function failAll({ gateway }: TwoClouds, rounds: number): Promise<void> {
  const statuses = new Set<number>();
  const ask = async (_: unknown, index: number): Promise<void> => {
    const asked = { path: `/tasks/ims/task-${index}?projectId=p`, headers: { 'x-auth-token': TOKEN } };
    for (let round = 0; round < rounds; round += 1) statuses.add((await send(gateway.port, asked)).status);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  expect(statuses).toEqual(new Set([502, 504]));
}

it('thousands of failures: no connection, no timer, no waiting request and no memory is left behind', async () => {
  const limits = { retries: 0, concurrency: AT_ONCE, attemptMs: 200, connectMs: 30_000 };
  const clouds = await startTwoClouds({ upstream: limits });
  const guard = (): PolicyState => clouds.gateway.app.get(UpstreamClient).state('ims', 'eu-test');
  const resources = (): number => process.getActiveResourcesInfo().length;
  clouds.faulty.behave((exchange) => FAULTS[exchange.request % FAULTS.length]?.(exchange));
  await failAll(clouds, ROUNDS / 3);
  const [before, heapBefore] = [resources(), heapUsed()];
  await failAll(clouds, (ROUNDS / 3) * 2);

  expect(clouds.faulty.requests.length).toBeGreaterThanOrEqual(ROUNDS * AT_ONCE);
  expect(guard()).toEqual({ breaker: 'closed', retryAfterSeconds: null, inFlight: 0, queued: 0 });
  // Connections are kept, at most as many as may be used at once; each has two ends in this process.
  await eventually(() => clouds.faulty.open() <= AT_ONCE);
  await eventually(() => resources() <= before + 2 * AT_ONCE);
  expect(heapUsed() - heapBefore).toBeLessThan(16 * MEGABYTE);

  expectLive(await clouds.askSound());
  await clouds.gateway.close();
  await eventually(() => clouds.faulty.open() === 0 && clouds.sound.open() === 0);
  await Promise.all([clouds.faulty.close(), clouds.sound.close()]);
}, 120_000);
