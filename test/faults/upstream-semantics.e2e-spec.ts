import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { expectLive } from './support/expectations.js';
import { CLOUD_REQUEST_ID, expectProblem, slugOf } from './support/problem.js';
import { startSimulatedClouds } from './support/simulated-clouds.js';
import type { Service, SimulatedClouds } from './support/simulated-clouds.js';

const ID = '0123456789abcdef0123456789abcdef';
const OTHER_ID = 'fedcba9876543210fedcba9876543210';

let clouds: SimulatedClouds;
beforeEach(async () => {
  clouds = await startSimulatedClouds({ config: { cache: { unfinishedTtlSeconds: 0, negativeTtlSeconds: 0 } } });
});
afterEach(() => clouds.close());

/** The cloud says this about the task; the gateway is asked. */
async function tell(service: Service, body: unknown) {
  clouds.simulator.control.putReply({ service, id: ID, ...(typeof body === 'string' ? { text: body } : { body }) });
  return clouds.lookup('key', service, ID);
}
const apig = (members: object) => ({ task_id: ID, task_status: 'succeed', task_type: 'import_api', ...members });
const ims = (members: object) => ({ job_id: ID, status: 'SUCCESS', entities: {}, ...members });
const dms = (...tasks: readonly object[]) => ({ task_count: '1', tasks });
const dmsTask = (members: object = {}) => ({ id: ID, name: 'bindInstancePublicIp', status: 'SUCCESS', ...members });

describe('an unmapped status word', () => {
  it.each<[Service, unknown, string]>([
    ['apig', apig({ task_status: 'SUCCEED' }), 'SUCCEED'],
    ['ims', ims({ status: 'constructor' }), 'constructor'],
    ['dms', dms(dmsTask({ status: 'ROLLED_BACK' })), 'ROLLED_BACK'],
  ])('of %s: unknown, not done, asked for again, counted, and warned about once', async (service, body, word) => {
    for (let count = 0; count < 3; count += 1) {
      const reply = await tell(service, body);
      expectLive(reply);
      expect(reply.body).toMatchObject({ status: 'unknown', done: false, outcome: null, upstreamStatus: word });
      expect(reply.body).toMatchObject({ result: null, error: null, endedAt: null });
      expect(reply.headers['retry-after']).toBe(String(reply.body['pollAfterSeconds']));
    }
    expect(clouds.asked().tasks).toBe(3);
    const { body: described } = await clouds.gateway.get(`/providers/${service}`);
    expect(described['unknownWords']).toEqual({ statusWords: { [word]: 3 }, errorCodes: {} });
    const warnings = clouds.gateway.logs.filter((line) => line.includes('that no table knows'));
    expect(warnings.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      `${service} sent a status word that no table knows: "${word}"`,
    ]);
  });

  it('and no status at all: the same', async () => {
    const reply = await tell('ims', { job_id: ID, entities: {} });
    expect(reply.body).toMatchObject({ status: 'unknown', done: false, upstreamStatus: '' });
  });
});

describe('times', () => {
  it.each([
    ['ISO 8601', '2024-11-05T06:19:35.606Z', '2024-11-05T06:19:35.606Z'],
    ['legacy', '04-Jun-2015 18:11:06:586', '2015-06-04T18:11:06.586Z'],
    ['with an offset', '2024-11-05T14:19:35+0800', '2024-11-05T06:19:35.000Z'],
    ['without a zone', '2024-11-05 06:19:35', '2024-11-05T06:19:35.000Z'],
    ['with two decimals', '2023-03-13 19:43:32.12', '2023-03-13T19:43:32.120Z'],
    ['of Go', '2020-02-02 08:12:40.672772389 +0000 UTC', '2020-02-02T08:12:40.672Z'],
    ['epoch milliseconds', 1_730_787_575_606, '2024-11-05T06:19:35.606Z'],
    ['epoch seconds as text', '1730787575', '2024-11-05T06:19:35.000Z'],
    ['empty', '', null],
    ['null', null, null],
    ['of no calendar', '2024-02-31T00:00:00Z', null],
    ['no time', 'yesterday', null],
  ])('%s', async (_name, time, expected) => {
    const { body } = await tell('ims', ims({ begin_time: time, end_time: time }));
    expect({ startedAt: body['startedAt'], endedAt: body['endedAt'] }).toEqual({
      startedAt: expected,
      endedAt: expected,
    });
  });

  it('end of a task that goes on: not reported', async () => {
    const { body } = await tell('ims', ims({ status: 'RUNNING', end_time: '2024-11-05T06:19:35.606Z' }));
    expect(body).toMatchObject({ done: false, endedAt: null });
  });
});

describe('the outcome of an APIG task', () => {
  const unread = (text: string) => ({
    kind: 'apig.import',
    apigImport: { groupId: null, succeeded: [], failed: [], ignored: [], unread: { text } },
  });
  it.each([
    ['no JSON', 'imported, all is well', unread('imported, all is well')],
    ['half of JSON', '{"success":[', unread('{"success":[')],
    ['nested 50 deep', '['.repeat(50) + ']'.repeat(50), unread('['.repeat(50) + ']'.repeat(50))],
    ['empty', '', null],
    ['missing', undefined, null],
  ])('%s: still a success', async (_name, outcome, result) => {
    const reply = await tell('apig', apig({ task_result: outcome }));
    expectLive(reply);
    expect(reply.body).toMatchObject({ status: 'succeeded', outcome: 'success', result, counts: null, resources: [] });
  });

  it('__proto__ in it: data, and changes no object', async () => {
    const reply = await tell(
      'apig',
      apig({ task_type: 'future_type', task_result: '{"__proto__":{"admin":true},"kept":1}' }),
    );
    expect(reply.text).toContain('"result":{"kind":"untyped","untyped":{"__proto__":{"admin":true},"kept":1}}');
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    const again = await clouds.lookup('key', 'apig', ID);
    expect(again.body['source']).toBe('cache');
    expect(again.text).toContain('"result":{"kind":"untyped","untyped":{"__proto__":{"admin":true},"kept":1}}');
  });

  it('integers beyond 2^53: kept whole', async () => {
    const reply = await tell('apig', apig({ task_type: 'future_type', task_result: '{"size":9007199254740993}' }));
    expect(reply.body['result']).toEqual({ kind: 'untyped', untyped: { size: '9007199254740993' } });
  });

  it('refused items: partial', async () => {
    const failure = [{ method: 'POST', path: '/b', error_code: 'APIG.3202', error_msg: 'exists' }];
    const success = [{ id: 'api-1', action: 'create', method: 'GET', path: '/a' }];
    const reply = await tell('apig', apig({ task_result: JSON.stringify({ success, failure }) }));
    expect(reply.body).toMatchObject({
      status: 'succeeded',
      outcome: 'partial',
      error: null,
      counts: { succeeded: 1, failed: 1, ignored: 0 },
      result: { apigImport: { failed: [{ method: 'POST', path: '/b', error: { code: 'ALREADY_EXISTS' } }] } },
    });
  });
});

describe('a body that is nested too deep', () => {
  it('any provider: upstream-bad-response', async () => {
    const reply = await tell(
      'ims',
      `{"job_id":"${ID}","status":"SUCCESS","entities":${'['.repeat(50)}${']'.repeat(50)}}`,
    );
    expectProblem(clouds.gateway, reply, {
      slug: 'upstream-bad-response',
      detail: 'The upstream answered with JSON that is nested too deeply.',
      provider: 'ims',
      upstream: { status: 200, code: null, requestId: CLOUD_REQUEST_ID },
    });
  });
});

describe('a body that does not name its task', () => {
  const NO_IDS = [undefined, null, '', ' ', {}, [], [ID], true];
  it.each<[Service, (id: unknown) => unknown]>([
    ['apig', (id) => apig({ task_id: id })],
    ['apig', (id) => apig({ task_id: id, task_status: 'failed', task_result: '{"error_code":"APIG.3201"}' })],
    ['ims', (id) => ims({ job_id: id })],
    ['ims', (id) => ims({ job_id: id, status: 'FAIL', error_code: 'IMG.0026', fail_reason: 'Forbidden' })],
    // Words of other resources of these services.
    ['ims', (id) => ({ id, status: 'active', name: 'an image' })],
    ['ims', (id) => ({ job_id: id, status: 'RUNNING', entities: { image_id: ID } })],
    ['dms', (id) => dms(dmsTask({ id }))],
  ])('of %s: upstream-bad-response, whatever its status, and not stored', async (service, body) => {
    for (const id of NO_IDS) {
      const reply = await tell(service, body(id));
      expectProblem(clouds.gateway, reply, {
        slug: 'upstream-bad-response',
        detail: 'The upstream answered with JSON in no known form.',
        provider: service,
        upstream: { status: 200, code: null, requestId: CLOUD_REQUEST_ID },
      });
    }
    expect(clouds.asked().tasks).toBe(NO_IDS.length);
  });
});

describe('a body about another task', () => {
  it.each<[Service, unknown, string, string]>([
    ['apig', apig({ task_id: OTHER_ID }), 'upstream-bad-response', 'The upstream answered about another task.'],
    ['ims', ims({ job_id: OTHER_ID }), 'upstream-bad-response', 'The upstream answered about another task.'],
    ['dms', dms(dmsTask({ id: OTHER_ID })), 'task-not-found', 'The upstream has no task of this id.'],
  ])('of %s: upstream-bad-response, and stored for neither', async (service, body, slug, detail) => {
    const reply = await tell(service, body);
    expect([slugOf(reply), reply.body['detail']]).toEqual([slug, detail]);
    for (const id of [ID, OTHER_ID]) {
      const remembered = await clouds.lookup('key', service, id, { headers: { 'cache-control': 'only-if-cached' } });
      expect(slugOf(remembered)).toBe('not-in-cache');
    }
  });
});

describe('the list of DMS', () => {
  it('empty: task-not-found', async () => {
    expectProblem(clouds.gateway, await tell('dms', { task_count: '1', tasks: [] }), {
      slug: 'task-not-found',
      detail: 'The upstream has no task of this id.',
      provider: 'dms',
      upstream: { status: 200, code: null, requestId: CLOUD_REQUEST_ID },
    });
  });

  it('two tasks: the one that was asked for', async () => {
    const reply = await tell('dms', dms(dmsTask({ id: OTHER_ID, status: 'FAILED' }), dmsTask()));
    expectLive(reply);
    expect(reply.body).toMatchObject({ id: ID, status: 'succeeded' });
  });
});
