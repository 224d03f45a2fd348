import { describe, expect, it } from '@jest/globals';
import { AMBIGUOUS, BODIES } from './testing/error-bodies.js';
import { isErrorBody } from './error-body.js';

/** Legal 2xx bodies. */
const SUCCESSES: readonly (readonly [string, unknown])[] = [
  [
    'an APIG task',
    { task_id: 't', task_status: 'failed', task_type: 'import_api', task_result: '{"error_code":"APIG.3201"}' },
  ],
  ['an IMS job', { status: 'SUCCESS', job_id: 'j', job_type: 'x', error_code: null, fail_reason: null, entities: {} }],
  ['a failed IMS job', { status: 'FAIL', job_id: 'j', error_code: 'IMG.0012', fail_reason: 'no space' }],
  ['a successful job with an error code', { status: 'SUCCESS', job_id: 'j', error_code: '404', fail_reason: 'odd' }],
  ['a failed job with a message', { status: 'FAIL', job_id: 'j', code: 'Ecs.0001', message: 'no' }],
  ['a job whose status is a number', { status: -1, job_id: 'j', error_code: 'CPS0005', error_msg: 'no' }],
  ['a failed job in a wrapper', { job: { id: 'j', status: 'Failed', code: 'x', message: 'no' } }],
  ['a job in a wrapper', { job: { job_id: 'j', status: 'FAIL', error_code: 'x', error_msg: 'y' }, request_id: 'r' }],
  ['DMS tasks', { task_count: '1', tasks: [{ id: 't', status: 'FAILED' }] }],
  ['no DMS tasks', { task_count: '0', tasks: [] }],
  ['progress without an error', { status: 'success', progress: 100, error_code: null, error_msg: null }],
  ['a code of noughts', { code: '00000000', message: 'ok' }],
  ['the code 0', { code: 0, message: 'ok', data: {} }],
  ['DWS.0000', { error_code: 'DWS.0000', error_msg: 'fine' }],
  ['RDS.0041', { errCode: 'RDS.0041', externalMessage: 'successful' }],
  ['the status as a code', { code: 200, message: 'fine' }],
  ['success words in words', { error_code: null, error_msg: 'success' }],
  ['success words as a member', { code: 'X.1', message: 'done', success: true }],
  ['no errors', { errors: [] }],
  ['an empty error object', { error: {} }],
  ['an unknown object', { jobs: [], total_count: 0 }],
  ['an object from nowhere', { hello: 'world' }],
  ['an empty object', {}],
  ['a list', [{ error_code: 'x' }]],
  ['a string', 'error_code'],
  ['null', null],
  ['nothing', undefined],
];

describe('body of a success', () => {
  it.each(BODIES.filter(([, , , code, message]) => code !== null || message !== null))(
    '%s: an error',
    (_name, body) => {
      expect(isErrorBody(body)).toBe(true);
    },
  );

  it('state of a task without its id: no error', () => {
    const body = { status: 'FAIL', error_code: 'IMG.0026', fail_reason: 'no' };
    expect(isErrorBody(body, { FAIL: 'failed' })).toBe(false);
    for (const states of [{}, { DONE: 'succeeded' }]) expect(isErrorBody(body, states)).toBe(true);
  });

  it.each([...SUCCESSES, ...AMBIGUOUS.map(([name, body]) => [name, body] as const)])('%s: no error', (_name, body) => {
    expect(isErrorBody(body)).toBe(false);
  });
});
