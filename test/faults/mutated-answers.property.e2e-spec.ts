import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PROVIDERS } from '@gateway/providers';
import { readAnswer, TaskAddress } from '@gateway/tasks';
import { loadFixtures } from '@gateway/providers/testing';
import { presentTask, versionOf } from '../../apps/gateway/src/tasks/task-body.js';
import { mutatedBody, mutation } from '../../libs/providers/src/testing/mutated-body.js';
import { violations } from '../support/openapi.js';
import { REPORTED_SUCCESS } from './support/reported-success.js';
import { startSimulatedClouds } from './support/simulated-clouds.js';
import type { SimulatedClouds } from './support/simulated-clouds.js';

const FIXTURES = PROVIDERS.flatMap(({ id: service, statuses }) => {
  const words = Object.keys(statuses).filter((word) => statuses[word] === 'succeeded');
  return loadFixtures(service).map(({ request, reply }) => ({ service, words, id: request.id, body: reply.body }));
});

let clouds: SimulatedClouds;
beforeAll(async () => {
  const cache = { unfinishedTtlSeconds: 0, negativeTtlSeconds: 0 };
  clouds = await startSimulatedClouds({ upstream: { retries: 0 }, config: { cache } });
});
afterAll(() => clouds.close());

const freshId = fc.uuid().map((uuid) => uuid.replaceAll('-', ''));
const status = fc.constantFrom(200, 200, 200, 200, 202, 400, 404, 409, 422);

it('mutated answer: never a crash, a bug of the gateway, or a success that the upstream did not report', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...FIXTURES),
      fc.array(mutation, { minLength: 1, maxLength: 3 }),
      freshId,
      status,
      async ({ service, words, id: documented, body: original }, mutations, hex, code) => {
        const id = /^\d+$/.test(documented) ? String(Number.parseInt(hex.slice(0, 12), 16) + 1) : hex;
        const body = mutatedBody(JSON.parse(JSON.stringify(original).replaceAll(documented, id)), mutations);
        const text = JSON.stringify(body) ?? '';
        clouds.simulator.control.putReply({ service, id, status: code, text });
        const reply = await clouds.lookup('key', service, id);
        // Every reply is held against the OpenAPI document as well.
        expect([200, 400, 401, 403, 404, 502, 503, 504]).toContain(reply.status);
        if (reply.status === 200) expect(reply.body).toMatchObject({ id, provider: service });
        const isShown = reply.status === 200 && reply.body['status'] === 'succeeded';
        const isTold = code < 300 && REPORTED_SUCCESS[service]?.(body, id);
        if (isTold !== undefined) expect(isShown).toBe(isTold);
        else if (isShown) expect(text.includes(id) && words.some((word) => text.includes(word))).toBe(true);
      },
    ),
    // As many as a busy machine has time for.
    { numRuns: 500, interruptAfterTimeLimit: 10_000 },
  );
}, 30_000);

const NOW = Date.parse('2026-11-28T00:00:00Z');

it.each(PROVIDERS)(
  'mutated body of $id: read as the document has tasks, and a success only where it tells one',
  (provider) => {
    const scope = { region: 'eu', projectId: 'project', instanceId: null };
    const examples = loadFixtures(provider.id);
    const tellsSuccess = REPORTED_SUCCESS[provider.id];
    const seen = { success: 0, other: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(...examples),
        fc.array(mutation, { maxLength: 3 }),
        ({ request: { id }, reply }, mutations) => {
          const body = mutatedBody(reply.body, mutations);
          const reading = readAnswer(provider, body, id);
          const isShown = reading.kind === 'task' && reading.task.status === 'succeeded';
          seen[isShown ? 'success' : 'other']++;
          if (tellsSuccess !== undefined) expect(isShown).toBe(tellsSuccess(body, id));
          if (reading.kind !== 'task') return;
          const { task, artifact } = reading;
          const target = { provider, address: new TaskAddress({ provider: provider.id, id, ...scope }) };
          const found = {
            target,
            task,
            version: versionOf(task),
            hasArtifact: artifact !== null,
            observedAt: new Date(NOW).toISOString(),
          };
          expect(violations('#/components/schemas/Task', presentTask({ ...found, source: 'live' }, NOW))).toEqual([]);
        },
      ),
      { numRuns: 1_000 },
    );
    expect(Math.min(seen.success, seen.other)).toBeGreaterThan(0);
  },
);
