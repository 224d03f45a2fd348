import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { startSimulator } from '../simulator.js';
import type { Simulator } from '../simulator.js';
import { askWithToken, NO_TASK, pathTo, tokenFor } from '../testing/ask.js';

type TaskInput = Parameters<Simulator['control']['createTask']>[0];

const TIME = expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
const HEX_ID = expect.stringMatching(/^[0-9a-f]{32}$/);
const UUID = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const MINUTE_MS = 60_000;

describe('living tasks', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  afterAll(() => simulator.close());
  afterEach(() => simulator.control.reset());

  const look = async (service: 'apig' | 'dms' | 'ims', id: string): Promise<Record<string, unknown>> =>
    (await askWithToken(simulator, pathTo[service](id), tokenFor(simulator))).body as Record<string, unknown>;
  const lookAfter = async (input: TaskInput & { service: 'apig' | 'dms' | 'ims' }, ms: number) => {
    const { id } = simulator.control.createTask(input);
    simulator.control.advanceClock({ advanceMs: ms });
    return look(input.service, id);
  };
  const slow = { queuedMs: MINUTE_MS, runningMs: 10 * MINUTE_MS };

  it('wait, run and end by the clock', async () => {
    const { id } = simulator.control.createTask({ service: 'apig', ...slow, visibleAfterMs: MINUTE_MS / 2 });
    const advance = (minutes: number): unknown => simulator.control.advanceClock({ advanceMs: minutes * MINUTE_MS });
    expect(await look('apig', id)).toMatchObject({ error_code: 'APIG.3093' });
    advance(0.5);
    expect(await look('apig', id)).toEqual({
      task_id: id,
      task_status: 'waiting',
      task_type: 'import_api',
      task_result: '',
    });
    advance(1);
    expect(await look('apig', id)).toMatchObject({ task_status: 'processing', task_result: '' });
    advance(10);
    const end = await look('apig', id);
    expect(end).toMatchObject({ task_status: 'succeed' });
    advance(60);
    expect(await look('apig', id)).toEqual(end);
  });

  it.each([
    [{}, { success: [{ id: HEX_ID, action: 'create', method: 'GET', path: '/orders' }], failure: [] }],
    [{ outcome: 'partial' as const }, { failure: [{ method: 'POST', path: '/orders', error_code: 'APIG.3202' }] }],
    [{ outcome: 'failed' as const }, { error_code: 'APIG.3201', error_msg: 'The API group name already exists' }],
    [{ type: 'export_api' }, { FileType: '.json', FileName: expect.stringMatching(/-\d{2}:\d{2}:\d{2}$/) }],
  ])('of the API gateway end with a result in a string: %j', async (input, result) => {
    const { task_result: text } = await lookAfter({ service: 'apig', ...input }, 0);
    expect(JSON.parse(String(text))).toMatchObject(result);
  });

  it('of the API gateway export a document', async () => {
    const { task_result: text } = await lookAfter({ service: 'apig', type: 'export_api' }, 0);
    const { Comment: document } = JSON.parse(String(text)) as { Comment: string };
    expect(JSON.parse(document)).toMatchObject({ swagger: '2.0', paths: { '/orders': {} } });
  });

  it('of the image service show their progress as a fraction', async () => {
    const waiting = await lookAfter({ service: 'ims', ...slow }, 0);
    expect(waiting).toMatchObject({ status: 'INIT', entities: {}, end_time: '' });
    const running = await lookAfter({ service: 'ims', ...slow }, 6.06 * MINUTE_MS);
    expect(running).toEqual({
      status: 'RUNNING',
      entities: {
        image_id: UUID,
        image_name: expect.any(String),
        current_task: 'CreateImageByInstanceTask:',
        process_percent: 0.5,
      },
      job_id: HEX_ID,
      job_type: 'imsCreateImageByInstance',
      begin_time: TIME,
      end_time: '',
      error_code: null,
      fail_reason: null,
    });
  });

  it.each([
    [{}, { status: 'SUCCESS', end_time: TIME, entities: { image_id: UUID, process_percent: 1 } }],
    [
      { outcome: 'partial' as const, type: 'imsCreateWholeImageByInstanceJob' },
      {
        status: 'SUCCESS',
        entities: { sub_jobs_result: [{ status: 'SUCCESS' }, { status: 'FAIL', error_code: 'IMG.0074' }] },
      },
    ],
    [
      { outcome: 'partial' as const, type: 'imsAddImageMembersJob' },
      { status: 'SUCCESS', entities: { results: [{ status: 'success' }, { status: 'failed' }] } },
    ],
    [{ type: 'imsAddImageMembersJob' }, { status: 'SUCCESS', entities: { results: [{ status: 'success' }] } }],
    [
      { outcome: 'failed' as const },
      { status: 'FAIL', error_code: 'IMG.0074', fail_reason: expect.any(String), entities: { error_code: 'IMG.0074' } },
    ],
  ])('of the image service end: %j', async (input, body) => {
    expect(await lookAfter({ service: 'ims', ...input }, 0)).toMatchObject(body);
  });

  it.each([
    [0, 'succeeded', 'CREATED'],
    [MINUTE_MS, 'succeeded', 'EXECUTING'],
    [11 * MINUTE_MS, 'succeeded', 'SUCCESS'],
    [11 * MINUTE_MS, 'failed', 'FAILED'],
    [11 * MINUTE_MS, 'cancelled', 'CANCELLED'],
  ] as const)('of the message service are listed: after %i ms, %s', async (ms, outcome, status) => {
    const body = await lookAfter({ service: 'dms', outcome, ...slow }, ms);
    expect(body).toEqual({
      task_count: '1',
      tasks: [
        {
          id: HEX_ID,
          name: 'bindInstancePublicIp',
          user_name: 'paas_dms',
          user_id: HEX_ID,
          params: expect.stringContaining('"enable_public_ip":true'),
          status,
          created_at: TIME,
          updated_at: TIME,
        },
      ],
    });
  });

  it('replace a task, and an example, of the same id', async () => {
    const id = 'd9ce8c9eede54b3f841ec324fe0bfdc2';
    simulator.control.createTask({ service: 'apig', id, outcome: 'failed' });
    expect(await look('apig', id)).toMatchObject({ task_status: 'failed' });
    simulator.control.createTask({ service: 'apig', id, ...slow });
    expect(await look('apig', id)).toMatchObject({ task_status: 'waiting' });
  });

  it.each([
    [{ service: 'apig', outcome: 'cancelled' }, /outcome must be one of succeeded, partial, failed/],
    [{ service: 'apig', type: 'export_api', outcome: 'partial' }, /outcome must be one of succeeded, failed/],
    [{ service: 'ims', outcome: 'cancelled' }, /outcome/],
    [{ service: 'dms', outcome: 'partial' }, /outcome/],
    [{ service: 'dms', id: '..' }, /id must be/],
    [{ service: 'dms', projectId: 'f00d' }, /projectId/],
    [{ service: 'dms', instanceId: NO_TASK }, /instanceId must be/],
    [{ service: 'ims', instanceId: NO_TASK }, /instanceId does not exist/],
    [{ service: 'ims', queuedMs: -1, runningMs: 1.5, typo: 1 }, /queuedMs .*; runningMs .*; typo is not known here/],
    [{ service: 'nobody' }, `service must be one of ${PROVIDERS.map(({ id }) => id).join(', ')}`],
    [[], /JSON object/],
  ])('are not made of %j', (input, message) => {
    expect(() => simulator.control.createTask(input as TaskInput)).toThrow(message);
  });
});
