import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isErrorBody, readErrorBody } from './error-body.js';

/** E1 to E16: name, body, and what is read: format, code, message, request id. */
const BODIES: readonly (readonly [string, unknown, string, string | null, string | null, string | null])[] = [
  [
    'two members',
    { error_code: 'DMS.00404022', error_msg: 'no instance' },
    'error_code',
    'DMS.00404022',
    'no instance',
    null,
  ],
  ['a bare number for a code', { error_code: '0176', error_msg: 'no job' }, 'error_code', '0176', 'no job', null],
  ['a number', { error_code: 10240407, error_msg: 'too often' }, 'error_code', '10240407', 'too often', null],
  [
    'a request id',
    { error_code: 'APIGW.0101', error_msg: 'no API', request_id: 'r-1' },
    'error_code',
    'APIGW.0101',
    'no API',
    'r-1',
  ],
  [
    'an extended message',
    { error_code: 'DCS.4133', error_msg: 'no job', error_ext_msg: null },
    'error_code',
    'DCS.4133',
    'no job',
    null,
  ],
  [
    'an object for a code',
    { error_code: {}, error_msg: 'no job', error_ext_msg: null },
    'error_code',
    null,
    'no job',
    null,
  ],
  ['null for a code', { error_code: null, error_msg: 'no job' }, 'error_code', null, 'no job', null],
  ['prose for a code', { error_code: 'it failed, sorry!', error_msg: 'no job' }, 'error_code', null, 'no job', null],
  [
    'an authorization message',
    { error_code: 'ELB.1101', error_msg: 'no', encoded_authorization_message: 'x', details: [] },
    'error_code',
    'ELB.1101',
    'no',
    null,
  ],
  [
    'an error object',
    { error: { message: 'The imagetype is invalid.', code: 'IMG.0024' } },
    'error',
    'IMG.0024',
    'The imagetype is invalid.',
    null,
  ],
  [
    'an error object with details',
    { error: { message: 'no', code: 'Ecs.0003', details: [{}] } },
    'error',
    'Ecs.0003',
    'no',
    null,
  ],
  [
    'an error object beside the empty members of a job',
    {
      status: null,
      job_id: null,
      error_code: null,
      fail_reason: null,
      error: { message: 'no job', code: 'Common.0011' },
    },
    'error',
    'Common.0011',
    'no job',
    null,
  ],
  [
    'code and message beside the empty members of a job',
    { status: null, job_id: null, error_code: '', fail_reason: '', message: 'no job', code: 'Common.0011' },
    'code-message',
    'Common.0011',
    'no job',
    null,
  ],
  [
    'Google',
    { error: { code: 404, message: 'not there', status: 'NOT_FOUND', details: [] } },
    'error-status',
    'NOT_FOUND',
    'not there',
    null,
  ],
  [
    'Keystone',
    { error: { message: 'not there', code: 404, title: 'Not Found' } },
    'error-keystone',
    '404',
    'not there',
    null,
  ],
  [
    'Keystone without a message',
    { error: { code: 401, title: 'Unauthorized' } },
    'error-keystone',
    '401',
    'Unauthorized',
    null,
  ],
  [
    'nested members',
    { error: { error_msg: 'no key', error_code: 'KMS.0205' } },
    'error-error_code',
    'KMS.0205',
    'no key',
    null,
  ],
  ['an empty error object', { error: {} }, 'error-error_code', null, null, null],
  ['code and message', { code: 'VPC.0002', message: 'no', request_id: 'r-2' }, 'code-message', 'VPC.0002', 'no', 'r-2'],
  [
    'errorCode',
    { errorCode: 'CCE.01404001', errorMessage: 'not found' },
    'errorCode',
    'CCE.01404001',
    'not found',
    null,
  ],
  [
    'errorCode and errorMsg',
    { errorCode: 'GES.8301', errorMsg: 'not found' },
    'errorCode',
    'GES.8301',
    'not found',
    null,
  ],
  [
    'five members that disagree',
    { error_code: 'CCE.01400001', error_msg: 'bad', message: 'other', errorCode: 'E.CFE.4000', reason: 'third' },
    'error_code',
    'CCE.01400001',
    'bad',
    null,
  ],
  [
    'five members, the first one empty',
    { error_code: '', error_msg: '', message: 'm', errorCode: 'E.CFE.4000', reason: 'r' },
    'error_code',
    'E.CFE.4000',
    'm',
    null,
  ],
  ['errCode', { errCode: 'SFS.TURBO.0019', errMsg: 'no job' }, 'errCode', 'SFS.TURBO.0019', 'no job', null],
  [
    'externalMessage',
    { errCode: 'Cdm.0100', externalMessage: 'no job' },
    'externalMessage',
    'Cdm.0100',
    'no job',
    null,
  ],
  [
    'externalMessage with errorCode',
    { errorCode: 'Cdm.0100', externalMessage: 'no job' },
    'externalMessage',
    'Cdm.0100',
    'no job',
    null,
  ],
  ['badRequest', { badRequest: { message: 'no', code: 400 } }, 'fault', '400', 'no', null],
  ['badrequest', { badrequest: { message: 'no', code: 400 } }, 'fault', '400', 'no', null],
  ['itemNotFound', { itemNotFound: { message: 'no', code: 404 } }, 'fault', '404', 'no', null],
  ['computeFault', { computeFault: { message: 'no', code: 500 } }, 'fault', '500', 'no', null],
  ['overLimit', { overLimit: { message: 'no', code: 413, retryAfter: 3 } }, 'fault', '413', 'no', null],
  [
    'a list of errors',
    { errors: [{ error_code: 'DLF.0100', error_msg: 'no' }, { error_code: 'x' }] },
    'errors',
    'DLF.0100',
    'no',
    null,
  ],
  [
    'the errors of a registry',
    { errors: [{ code: 'SVCSTG.SWR.4001', message: 'no' }] },
    'errors',
    'SVCSTG.SWR.4001',
    'no',
    null,
  ],
  [
    'Neutron',
    { NeutronError: { message: 'no', type: 'RouterNotFound', detail: '' } },
    'neutron',
    'RouterNotFound',
    'no',
    null,
  ],
  [
    'Kubernetes',
    { kind: 'Status', status: 'Failure', reason: 'NotFound', code: 404, message: 'no' },
    'kubernetes-status',
    '404',
    'no',
    null,
  ],
];

/** As {@link BODIES}; only the HTTP status tells them from other documents. */
const REFUSALS: typeof BODIES = [
  [
    'a word for an id',
    { id: 'not_found', message: 'not there', request_id: 'r-1' },
    'id-message',
    'not_found',
    'not there',
    'r-1',
  ],
  [
    'a token that is not accepted (RFC 6750)',
    { error: 'invalid_token', error_description: 'Revoked.' },
    'error-text',
    'invalid_token',
    'Revoked.',
    null,
  ],
  ['a message alone', { message: '404 Not found' }, 'message', null, '404 Not found', null],
  [
    'messages by what is wrong',
    { message: { name: ['is long', 'is odd'], tag: { key: ['is taken'] }, none: [] } },
    'message',
    null,
    'name: is long, is odd; tag: key: is taken',
    null,
  ],
  ['a text for an error', { error: '404 Not Found' }, 'error-text', '404 Not Found', null, null],
  ['prose for an error', { error: 'id is invalid!' }, 'error-text', null, 'id is invalid!', null],
  ['an id that is none of a word', { id: '4f01-a7', message: 'no' }, 'message', null, 'no', null],
];

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

const reply = (body: unknown, text = '', contentType: string | null = 'application/json') => ({
  contentType,
  body,
  text,
});

describe('error body', () => {
  it.each([...BODIES, ...REFUSALS])('%s: read', (_name, body, format, code, message, requestId) => {
    expect(readErrorBody(reply(body), {})).toEqual({ code, message, requestId, format });
  });

  it.each([
    ['an empty body', '', null, 'empty'],
    ['blanks', ' \r\n', 'application/json', 'empty'],
    ['a page', '<html><title>502 Bad Gateway</title></html>', 'text/html', 'html'],
    ['a page that is labelled as JSON', '<!DOCTYPE html><html></html>', 'application/json', 'html'],
    ['an XHTML page', 'The backend server is unreachable.', 'application/xhtml+xml', 'html'],
    ['plain text', 'upstream connect error at 10.0.0.1', 'text/plain', 'text'],
    ['text without a label', 'no healthy upstream', null, 'text'],
    ['cut-off JSON', '{"error_code":"APIGW.03', 'application/json', 'malformed-json'],
    ['malformed JSON', '{"error_code":"0176" "error_msg":"x"}', 'text/plain', 'malformed-json'],
    ['text that is labelled as JSON', 'oops', 'application/json', 'malformed-json'],
  ])('%s: never passed on', (_name, text, contentType, format) => {
    expect(readErrorBody(reply(undefined, text, contentType), { 'x-request-id': 'r' })).toEqual({
      code: null,
      message: null,
      requestId: 'r',
      format,
    });
  });

  it.each([
    ['an unknown object', { hello: 'world' }],
    ['a list', []],
    ['a string', 'Not Found'],
    ['a number', 404],
    ['null', null],
    ['a fault with company', { itemNotFound: { message: 'no', code: 404 }, more: 1 }],
  ])('%s: none', (_name, body) => {
    expect(readErrorBody(reply(body), {})).toBeNull();
  });

  it.each([
    [{ 'x-request-id': 'a', 'x-openstack-request-id': 'b' }, 'a'],
    [{ 'X-request-id': 'a' }, 'a'],
    [{ 'X-Openstack-Request-Id': 'req-b' }, 'req-b'],
    [{ 'x-request-id': '' }, 'in-body'],
    [{}, 'in-body'],
    [{ 'x-request-id': 'no words, please' }, null],
    [{ 'x-request-id': 'x'.repeat(129) }, null],
  ])('request id beside %j: %p', (headers, requestId) => {
    const body = { error_code: 'A.1', error_msg: 'm', request_id: 'in-body' };
    expect(readErrorBody(reply(body), headers)?.requestId).toBe(requestId);
  });

  it('long message: cut off', () => {
    expect(readErrorBody(reply({ error_code: 'A.1', error_msg: 'm'.repeat(10_000) }), {})?.message).toHaveLength(4096);
  });

  it('any document and headers: no error is thrown', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (body, headers) => {
        readErrorBody(reply(body), headers);
        isErrorBody(body);
      }),
    );
  });
});

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

  it.each([...SUCCESSES, ...REFUSALS.map(([name, body]) => [name, body] as const)])('%s: no error', (_name, body) => {
    expect(isErrorBody(body)).toBe(false);
  });
});
