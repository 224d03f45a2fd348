import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PROVIDERS } from '@gateway/providers';
import { loadFixtures } from '@gateway/providers/testing';
import { mutatedBody, mutation } from '../../libs/providers/src/testing/mutated-body.js';
import { startSimulatedClouds } from './support/simulated-clouds.js';
import type { Service, SimulatedClouds } from './support/simulated-clouds.js';

type Members = Readonly<Record<string, unknown>>;

const v1Job = (body: unknown, id: string) => tells(body, ['job_id', id], 'status', ['SUCCESS']);

/** Where services name a task and tell its state, and their words for success: read anew here, by hand. */
const SUCCESS: Readonly<Record<Service, (body: unknown, id: string) => boolean>> = {
  apig: (body, id) => tells(body, ['task_id', id], 'task_status', ['succeed', 'succeeded']),
  ims: v1Job,
  ecs: v1Job,
  evs: v1Job,
  bms: v1Job,
  sdrs: v1Job,
  vbs: v1Job,
  dcs: v1Job,
  dws: v1Job,
  'sfs-turbo': (body, id) => tells(body, ['job_id', id], 'status', ['success']),
  cbr: (body, id) => tells(inside(body, 'operation_log'), ['id', id], 'status', ['success']),
  cce(body, id) {
    const { phase, status } = Object(inside(body, 'status')) as Members;
    // An older version has another member for the word.
    const words = [phase, status].filter((word) =>
      typeof word === 'string' ? word.trim() !== '' : Number.isFinite(word),
    );
    return names(inside(body, 'metadata'), 'uid', id) && typeof words[0] === 'string' && words[0].trim() === 'Success';
  },
  dms(body, id) {
    const tasks: unknown = (body as Members | null)?.['tasks'];
    const named = (Array.isArray(tasks) ? tasks : []).filter((task) => names(task, 'id', id));
    return named.length > 0 && named.every((task) => tells(task, ['id', id], 'status', ['SUCCESS']));
  },
};

function inside(body: unknown, member: string): unknown {
  const { [member]: inner } = Object(body) as Members;
  return inner;
}

function names(body: unknown, member: string, id: string) {
  const { [member]: named } = Object(body) as Members;
  return (typeof named === 'string' || typeof named === 'number') && String(named).trim() === id;
}

function tells(body: unknown, [idMember, id]: readonly [string, string], member: string, words: readonly string[]) {
  const { [member]: state } = Object(body) as Members;
  return names(body, idMember, id) && typeof state === 'string' && words.includes(state.trim());
}

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
      async ({ service, words, id: documented, body: original }, mutations, id, code) => {
        const body = mutatedBody(JSON.parse(JSON.stringify(original).replaceAll(documented, id)), mutations);
        const text = JSON.stringify(body) ?? '';
        clouds.simulator.control.putReply({ service, id, status: code, text });
        const reply = await clouds.lookup('key', service, id);
        // Every reply is held against the OpenAPI document as well.
        expect([200, 400, 401, 403, 404, 502, 503, 504]).toContain(reply.status);
        if (reply.status === 200) expect(reply.body).toMatchObject({ id, provider: service });
        const isShown = reply.status === 200 && reply.body['status'] === 'succeeded';
        const isTold = code < 300 && SUCCESS[service]?.(body, id);
        if (isTold !== undefined) expect(isShown).toBe(isTold);
        else if (isShown) expect(text.includes(id) && words.some((word) => text.includes(word))).toBe(true);
      },
    ),
    // As many as a busy machine has time for.
    { numRuns: 500, interruptAfterTimeLimit: 10_000 },
  );
}, 30_000);
