import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { loadFixtures } from '@gateway/providers/testing';
import type { Task } from '@gateway/tasks';
import type { TaskInput } from '../../apps/cloud-simulator/src/control/create-task.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import type { Reply } from '../support/http-client.js';
import { taskIn } from '../support/tasks.js';

const HOUR = 3_600_000;

let gateway: Gateway;
beforeAll(async () => {
  // Every look is one at the cloud, whose clock these tests move.
  gateway = await startGateway({ config: { cache: { unfinishedTtlSeconds: 0, negativeTtlSeconds: 0 } } });
});
afterAll(() => gateway.close());

let moved = 0;
function pass(advanceMs: number): void {
  moved += advanceMs;
  gateway.simulator.control.advanceClock({ advanceMs });
}
afterEach(() => {
  pass(-moved);
});

/** A task that waits for an hour and runs for four: the real time that a test takes does not count, and no token ends. */
function start(input: TaskInput): () => Promise<Reply> {
  const { service, id } = gateway.simulator.control.createTask({ queuedMs: HOUR, runningMs: 4 * HOUR, ...input });
  return () => gateway.get(`/tasks/${service}/${id}`);
}

const LIVES = [
  { service: 'apig', type: 'import_api', outcome: 'succeeded', words: ['waiting', 'processing', 'succeed'] },
  { service: 'apig', type: 'import_api', outcome: 'partial', words: ['waiting', 'processing', 'succeed'] },
  { service: 'apig', type: 'export_api', outcome: 'succeeded', words: ['waiting', 'processing', 'succeed'] },
  { service: 'apig', type: 'import_api', outcome: 'failed', words: ['waiting', 'processing', 'failed'] },
  { service: 'ims', type: 'imsCreateImageByInstance', outcome: 'succeeded', words: ['INIT', 'RUNNING', 'SUCCESS'] },
  { service: 'ims', type: 'imsAddImageMembersJob', outcome: 'partial', words: ['INIT', 'RUNNING', 'SUCCESS'] },
  {
    service: 'ims',
    type: 'imsCreateWholeImageByInstanceJob',
    outcome: 'partial',
    words: ['INIT', 'RUNNING', 'SUCCESS'],
  },
  { service: 'ims', type: 'imsImportImageJob', outcome: 'failed', words: ['INIT', 'RUNNING', 'FAIL'] },
  { service: 'dms', type: 'bindInstancePublicIp', outcome: 'succeeded', words: ['CREATED', 'EXECUTING', 'SUCCESS'] },
  { service: 'dms', type: 'restartInstance', outcome: 'failed', words: ['CREATED', 'EXECUTING', 'FAILED'] },
  { service: 'dms', type: 'restartInstance', outcome: 'cancelled', words: ['CREATED', 'EXECUTING', 'CANCELLED'] },
  {
    service: 'taurusdb',
    type: 'CreateMysqlInstance',
    outcome: 'succeeded',
    words: ['Pending', 'Running', 'Completed'],
  },
  { service: 'taurusdb', type: 'AddGaussDBforMySQLNodes', outcome: 'failed', words: ['Pending', 'Running', 'Failed'] },
  { service: 'taurusdb', type: 'CreateMysqlInstance', outcome: 'cancelled', words: ['Pending', 'Running', 'Canceled'] },
  { service: 'evs', type: 'createVolume', outcome: 'succeeded', words: ['INIT', 'RUNNING', 'SUCCESS'] },
  { service: 'evs', type: 'bulkDeleteVolume', outcome: 'partial', words: ['INIT', 'RUNNING', 'SUCCESS'] },
  { service: 'evs', type: 'extendVolume', outcome: 'failed', words: ['INIT', 'RUNNING', 'FAIL'] },
] as const;
const ENDS = {
  succeeded: { status: 'succeeded', outcome: 'success' },
  partial: { status: 'succeeded', outcome: 'partial' },
  failed: { status: 'failed', outcome: 'failure' },
  cancelled: { status: 'cancelled', outcome: 'cancelled' },
} as const;

describe('a task from its beginning to its end', () => {
  it.each(LIVES)('$service $type: $outcome', async ({ words, ...input }) => {
    const look = start(input);
    const seen: Task[] = [];
    for (const wait of [0, 2 * HOUR, 4 * HOUR]) {
      pass(wait);
      seen.push(taskIn(await look()));
    }
    expect(
      seen.map(({ status, outcome, done, upstreamStatus }) => ({ status, outcome, done, upstreamStatus })),
    ).toEqual([
      { status: 'pending', outcome: null, done: false, upstreamStatus: words[0] },
      { status: 'running', outcome: null, done: false, upstreamStatus: words[1] },
      { ...ENDS[input.outcome], done: true, upstreamStatus: words[2] },
    ]);
    expect(seen.map(({ pollAfterSeconds }) => pollAfterSeconds === null)).toEqual([false, false, true]);
    expect(new Set(seen.map(({ version }) => version)).size).toBe(3);
    const [pending, running, ended] = seen as [Task, Task, Task];
    for (const { result, error, endedAt } of [pending, running])
      expect({ result, error, endedAt }).toEqual({ result: null, error: null, endedAt: null });
    expect(ended.error !== null).toBe(input.outcome === 'failed');
  });

  it('running: its progress, and 100 percent only at the end', async () => {
    const look = start({ service: 'ims', type: 'imsCreateImageByInstance', queuedMs: 0, runningMs: 10 * HOUR });
    const seen: Task['progress'][] = [];
    for (const wait of [0, 2.5 * HOUR, 7.4 * HOUR, 0.2 * HOUR]) {
      pass(wait);
      seen.push(taskIn(await look()).progress);
    }
    const step = 'CreateImageByInstanceTask';
    expect(seen).toEqual([0, 25, 99, 100].map((percent) => ({ percent, step })));
  });

  it('the older: the longer Retry-After', async () => {
    const polls: (string | undefined)[] = [];
    for (const age of [0, 10 * HOUR]) {
      pass(-age);
      const look = start({ service: 'ims', queuedMs: 0, runningMs: 50 * HOUR });
      pass(age);
      const reply = await look();
      expect(taskIn(reply).pollAfterSeconds).toBe(Number(reply.headers['retry-after']));
      polls.push(reply.headers['retry-after']);
    }
    expect(polls).toEqual(['5', '30']);
  });

  it('not shown by the service yet: 404', async () => {
    const look = start({ service: 'apig', visibleAfterMs: HOUR });
    expect((await look()).status).toBe(404);
    pass(HOUR);
    expect(taskIn(await look()).status).toBe('running');
  });
});

/** Examples of every provider with a word that its map does not hold. */
const UNKNOWN_WORDS = PROVIDERS.flatMap(({ id: service }) =>
  loadFixtures(service)
    .filter(({ task }) => task?.status === 'unknown')
    .slice(0, 1)
    .map(({ request }) => ({ service, id: request.id })),
);

describe('what is not final', () => {
  it.each(PROVIDERS.map(({ id }) => id))('%s, unfinished task: asked for every time', async (service) => {
    const look = start({ service });
    gateway.simulator.control.clearRequests();
    for (const ask of [look, look, look]) {
      const reply = await ask();
      // Stored for the case that the upstream fails; never fresh.
      expect(reply.headers).toMatchObject({ 'cache-status': 'task-gateway; fwd=uri-miss; stored' });
      expect(taskIn(reply).source).toBe('live');
    }
    expect(gateway.asked()).toHaveLength(3);
  });

  it.each(UNKNOWN_WORDS)('$service, unknown status word: never final, and counted', async ({ service, id }) => {
    gateway.simulator.control.clearRequests();
    const words = new Set<string>();
    for (let look = 0; look < 2; look += 1) {
      const reply = await gateway.get(`/tasks/${service}/${id}`);
      const task = taskIn(reply);
      expect(task).toMatchObject({ status: 'unknown', done: false, outcome: null, source: 'live' });
      expect(reply.headers['retry-after']).toBe(String(task.pollAfterSeconds));
      words.add(task.upstreamStatus);
    }
    expect(gateway.asked()).toHaveLength(2);
    const described = await gateway.get(`/providers/${service}`);
    const statusWords = Object.fromEntries([...words].map((word) => [word, 2]));
    expect(described.body).toMatchObject({ unknownWords: { statusWords } });
    expect(words.size).toBe(1);
  });
});
