import { describe, expect, it } from '@jest/globals';
import type { ErrorRule, LookupProblem, Repeat } from '@gateway/tasks';
// Not through the index of the providers: it would bring modules that import this library.
import { APIG_ERRORS } from '../../providers/src/apig/apig.errors.js';
import { DMS_ERRORS } from '../../providers/src/dms/dms.errors.js';
import { IMS_ERRORS } from '../../providers/src/ims/ims.errors.js';
import { classify } from './classify.js';
import { FRONT_ERRORS } from './front-errors.js';
import { IAM_ERRORS } from './iam-errors.js';

const TABLES = {
  apig: APIG_ERRORS,
  ims: IMS_ERRORS,
  dms: DMS_ERRORS,
  front: FRONT_ERRORS,
  iam: IAM_ERRORS,
} satisfies Record<string, readonly ErrorRule[]>;

type Source = keyof typeof TABLES;
type Row = readonly [Source, number, string, string, LookupProblem, Repeat];

/** What every code means here, written down a second time and by hand: a slip in a table is a difference to this. */
const GOLDEN: readonly Row[] = [
  ['apig', 404, 'APIG.3093', 'The asynchronous task d9ce8c9e does not exist', 'task-not-found', 'never'],
  ['apig', 404, 'APIG.3030', 'The instance does not exist', 'scope-not-found', 'never'],
  ['apig', 400, 'APIG.2000', 'Parameter error', 'validation-failed', 'never'],
  [
    'apig',
    400,
    'APIG.2001',
    'The request parameters must be specified,parameterName:task_id',
    'validation-failed',
    'never',
  ],
  ['apig', 400, 'APIG.2011', 'Invalid parameter value', 'validation-failed', 'never'],
  ['apig', 400, 'APIG.2012', 'Invalid parameter value', 'validation-failed', 'never'],
  ['apig', 401, 'APIG.1000', 'The token is missing', 'upstream-credentials-rejected', 'never'],
  ['apig', 401, 'APIG.1001', 'The token has expired', 'upstream-credentials-rejected', 'new-token'],
  ['apig', 401, 'APIG.1002', 'Incorrect token or token resolution failed', 'upstream-credentials-rejected', 'never'],
  ['apig', 401, 'APIG.1003', 'No project information', 'upstream-credentials-rejected', 'never'],
  ['apig', 401, 'APIG.1007', 'No domain information', 'upstream-credentials-rejected', 'never'],
  ['apig', 401, 'APIG.1008', 'Unknown domain', 'upstream-credentials-rejected', 'never'],
  ['apig', 401, 'APIG.1009', 'No user information', 'upstream-credentials-rejected', 'never'],
  ['apig', 403, 'APIG.1005', 'No permissions to request this method', 'permission-denied', 'never'],
  ['apig', 401, 'APIG.1005', 'No permissions to request this method', 'permission-denied', 'never'],
  ['apig', 401, 'APIG.1010', 'PDP server connection failed', 'upstream-unavailable', 'backoff'],
  ['apig', 401, 'APIG.1011', 'Real-name authentication is needed', 'account-restricted', 'never'],
  ['apig', 401, 'APIG.1012', 'The balance is insufficient', 'account-restricted', 'never'],
  ['apig', 401, 'APIG.1013', 'The account has been frozen', 'account-restricted', 'never'],
  ['apig', 500, 'APIG.9999', 'System error', 'upstream-error', 'once'],

  ['ims', 400, 'IMG.0023', 'An exception occurred during task query.', 'task-not-found', 'never'],
  ['ims', 400, 'IMG.0030', 'The project ID and token are invalid.', 'upstream-misconfigured', 'never'],
  ['ims', 403, 'IMG.0026', 'Forbidden', 'permission-denied', 'never'],
  ['ims', 400, 'IMG.0017', 'The URL format is incorrect.', 'validation-failed', 'never'],
  ['ims', 400, 'IMG.0024', 'The imagetype is invalid.', 'validation-failed', 'never'],
  ['ims', 400, 'IMG.0018', 'An error occurred when the job was submitted.', 'upstream-error', 'once'],

  ['dms', 400, 'DMS.00400070', 'Invalid task ID', 'validation-failed', 'never'],
  ['dms', 400, 'DMS.00400030', 'Invalid instance ID', 'validation-failed', 'never'],
  ['dms', 400, 'DMS.00400002', 'Invalid project ID', 'validation-failed', 'never'],
  ['dms', 401, 'DMS.10240101', 'Invalid token', 'upstream-credentials-rejected', 'never'],
  ['dms', 401, 'DMS.10240102', 'Expired token', 'upstream-credentials-rejected', 'new-token'],
  ['dms', 401, 'DMS.10240103', 'Missing token', 'upstream-credentials-rejected', 'never'],
  ['dms', 401, 'DMS.10240104', 'The project and the token do not match', 'upstream-misconfigured', 'never'],
  ['dms', 403, 'DMS.00403002', 'No permission', 'permission-denied', 'never'],
  ['dms', 403, 'DMS.00403003', 'No permission', 'permission-denied', 'never'],
  ['dms', 403, 'DMS.10240306', 'The tenant is frozen', 'account-restricted', 'never'],
  ['dms', 403, 'DMS.10240309', 'Not allowed', 'permission-denied', 'never'],
  ['dms', 403, 'DMS.10240310', 'Not allowed', 'permission-denied', 'never'],
  ['dms', 403, 'DMS.10240311', 'Not allowed', 'permission-denied', 'never'],
  ['dms', 403, 'DMS.10240312', 'Not allowed', 'permission-denied', 'never'],
  ['dms', 404, 'DMS.00404022', 'This instance does not exist', 'scope-not-found', 'never'],
  ['dms', 404, 'DMS.00404001', 'The requested URL does not exist', 'upstream-misconfigured', 'never'],
  ['dms', 404, 'DMS.10240407', 'The request is too frequent', 'upstream-throttled', 'never'],
  ['dms', 503, 'DMS.111501025', 'The service is busy', 'upstream-unavailable', 'backoff'],
  ['dms', 500, 'DMS.00500000', 'Internal error', 'upstream-error', 'once'],
  ['dms', 500, 'DMS.00500990', 'Internal error', 'upstream-error', 'once'],
  ['dms', 500, 'DMS.10250002', 'Internal communication error', 'upstream-error', 'once'],
  ['dms', 500, 'DMS.10250006', 'Internal error', 'upstream-error', 'once'],

  ['front', 404, '0101', 'API not found', 'upstream-misconfigured', 'never'],
  ['front', 404, '0103', 'The backend does not exist', 'upstream-error', 'once'],
  ['front', 500, '0103', 'The backend does not exist', 'upstream-error', 'once'],
  ['front', 400, '0104', 'The plug-ins do not exist', 'upstream-error', 'once'],
  ['front', 500, '0104', 'The plug-ins do not exist', 'upstream-error', 'once'],
  ['front', 400, '0105', 'The backend configurations do not exist', 'upstream-error', 'once'],
  ['front', 500, '0105', 'The backend configurations do not exist', 'upstream-error', 'once'],
  ['front', 400, '0106', 'Orchestration error', 'upstream-error', 'once'],
  ['front', 400, '0201', 'API request error', 'validation-failed', 'never'],
  ['front', 413, '0201', 'Request entity too large', 'upstream-error', 'never'],
  ['front', 414, '0201', 'Request URI too large', 'upstream-error', 'never'],
  ['front', 494, '0201', 'Request headers too large', 'upstream-error', 'never'],
  ['front', 500, '0201', 'API request error', 'upstream-error', 'once'],
  ['front', 502, '0201', 'Backend unavailable', 'upstream-unavailable', 'backoff'],
  ['front', 504, '0201', 'Backend timeout', 'upstream-timeout', 'once'],
  ['front', 502, '0202', 'Backend unavailable', 'upstream-unavailable', 'backoff'],
  ['front', 504, '0203', 'Backend timeout', 'upstream-unavailable', 'backoff'],
  ['front', 401, '0301', 'IAM: token expires, expired at noon', 'upstream-credentials-rejected', 'new-token'],
  ['front', 401, '0301', 'IAM: the token has expired', 'upstream-credentials-rejected', 'new-token'],
  ['front', 401, '0301', 'IAM: decrypt token fail', 'upstream-credentials-rejected', 'never'],
  ['front', 401, '0301', 'IAM: x-auth-token not found', 'upstream-credentials-rejected', 'never'],
  ['front', 401, '0301', 'IAM: verify aksk signature fail', 'upstream-credentials-rejected', 'never'],
  [
    'front',
    401,
    '0301',
    'IAM: AK access failed to reach the limit, forbidden',
    'upstream-credentials-rejected',
    'never',
  ],
  [
    'front',
    401,
    '0301',
    'IAM: verify aksk signature fail, signature expired',
    'upstream-credentials-rejected',
    'never',
  ],
  ['front', 401, '0301', 'IAM: signature expired', 'upstream-credentials-rejected', 'never'],
  ['front', 401, '0301', 'IAM: Unauthorized', 'upstream-credentials-rejected', 'never'],
  ['front', 401, '0303', 'App: signature expired', 'upstream-credentials-rejected', 'never'],
  ['front', 401, '0303', 'Incorrect app authentication information', 'upstream-credentials-rejected', 'never'],
  ['front', 401, '0305', 'Incorrect authentication information', 'upstream-credentials-rejected', 'never'],
  ['front', 401, '0311', 'Incorrect authentication information', 'upstream-credentials-rejected', 'never'],
  ['front', 403, '0302', 'The IAM user is not authorized', 'permission-denied', 'never'],
  ['front', 403, '0304', 'The app is not authorized', 'permission-denied', 'never'],
  ['front', 403, '0306', 'API access denied', 'permission-denied', 'never'],
  ['front', 401, '0307', 'The token must be updated', 'upstream-credentials-rejected', 'new-token'],
  ['front', 429, '0308', 'policy user over ratelimit,limit:200,time:1 second', 'upstream-throttled', 'never'],
  ['front', 403, '0310', 'The project is unavailable', 'permission-denied', 'never'],
  ['front', 403, '0401', 'Unknown client IP address', 'permission-denied', 'never'],
  ['front', 403, '0402', 'The IP address is not authorized', 'permission-denied', 'never'],
  ['front', 403, '0404', 'Access is denied for this account', 'permission-denied', 'never'],
  ['front', 403, '0405', 'Access is denied for this user', 'permission-denied', 'never'],
  ['front', 405, '0501', 'The app quota has been used up', 'account-restricted', 'never'],
  ['front', 405, '0502', 'The app has been frozen', 'account-restricted', 'never'],
  ['front', 500, '0601', 'Internal server error', 'upstream-error', 'once'],
  ['front', 400, '0602', 'Bad request', 'validation-failed', 'never'],
  ['front', 500, '0605', 'Domain name resolution failed', 'upstream-error', 'once'],
  ['front', 500, '0606', 'Failed to load the API configurations', 'upstream-error', 'once'],
  ['front', 400, '0607', 'Unsupported protocol', 'validation-failed', 'never'],
  ['front', 500, '0608', 'Failed to obtain the admin token', 'upstream-error', 'once'],
  ['front', 500, '0609', 'The VPC backend does not exist', 'upstream-error', 'once'],
  ['front', 502, '0610', 'No backend available', 'upstream-error', 'once'],
  ['front', 500, '0611', 'The backend port does not exist', 'upstream-error', 'once'],
  ['front', 500, '0612', 'An API cannot call itself', 'upstream-error', 'once'],
  ['front', 503, '0613', 'IAM is not available', 'upstream-unavailable', 'backoff'],
  ['front', 500, '0705', 'Backend signature calculation failed', 'upstream-error', 'once'],
  ['front', 403, '0801', 'Forbidden', 'permission-denied', 'never'],
  ['front', 403, '0802', 'The user is forbidden in this region', 'permission-denied', 'never'],

  ['iam', 400, '400', 'Expecting to find domain in user', 'upstream-misconfigured', 'never'],
  ['iam', 401, '401', 'The username or password is wrong.', 'upstream-credentials-rejected', 'never'],
  ['iam', 403, '403', 'The account is locked.', 'upstream-credentials-rejected', 'never'],
  ['iam', 404, '404', 'Could not find project', 'upstream-misconfigured', 'never'],
  ['iam', 409, '409', 'Conflict', 'upstream-error', 'once'],
  ['iam', 429, '429', 'The throttling threshold has been reached', 'upstream-throttled', 'never'],
  ['iam', 500, '500', 'An unexpected error', 'upstream-error', 'once'],
  ['iam', 503, '503', 'Service unavailable', 'upstream-unavailable', 'backoff'],
  ['iam', 401, 'IAM.0001', 'Authentication is required', 'upstream-credentials-rejected', 'never'],
  ['iam', 403, 'IAM.0002', 'You are not authorized', 'upstream-credentials-rejected', 'never'],
  ['iam', 403, 'IAM.0003', 'The policy does not allow this', 'upstream-credentials-rejected', 'never'],
  ['iam', 404, 'IAM.0004', 'Could not find project', 'upstream-misconfigured', 'never'],
  ['iam', 404, 'Iam.0004', 'Could not find project', 'upstream-misconfigured', 'never'],
  ['iam', 500, 'IAM.0006', 'An unexpected error', 'upstream-error', 'once'],
  ['iam', 400, 'IAM.0011', 'Request body is invalid.', 'upstream-misconfigured', 'never'],
  ['iam', 404, 'IAM.0999', 'Not there', 'upstream-misconfigured', 'never'],
  ['iam', 409, 'IAM.0999', 'Conflict', 'upstream-misconfigured', 'never'],
  ['iam', 401, 'IAM.0999', 'Refused', 'upstream-credentials-rejected', 'never'],
  ['iam', 403, 'IAM.0999', 'Refused', 'upstream-credentials-rejected', 'never'],
];

/** Front codes come in two spellings, and to every provider. */
const rows = GOLDEN.flatMap(([source, http, digits, ...rest]): readonly Row[] =>
  source === 'front'
    ? ['APIG', 'APIGW'].map((prefix) => [source, http, `${prefix}.${digits}`, ...rest] as const)
    : [[source, http, digits, ...rest]],
);

/** A body as the source writes it. */
function bodyOf(source: Source, code: string, message: string): unknown {
  if (source === 'ims') return { error: { message, code } };
  if (source === 'iam' && /^\d+$/.test(code)) return { error: { message, code: Number(code), title: 'Refused' } };
  return { error_code: code, error_msg: message };
}

function classifyRow([source, status, code, message]: Row) {
  const body = bodyOf(source, code, message);
  const headers = { 'x-request-id': 'req-1' };
  const reply = { status, headers, contentType: 'application/json', body, text: JSON.stringify(body) };
  return classify(reply, TABLES[source]);
}

describe('error tables', () => {
  it.each(rows)('%s: %i %s "%s" is %s, repeat %s', (...row) => {
    const [source, , code, message, problem, repeat] = row;
    const verdict = classifyRow(row);
    expect(verdict).toEqual({
      problem,
      repeat,
      rule: expect.objectContaining({ problem, repeat }),
      code,
      message,
      requestId: 'req-1',
      known: true,
    });
    expect(TABLES[source]).toContain(verdict.rule);
  });

  it.each(rows.filter(([source]) => source === 'front'))(
    'the front says the same to every provider: %s %i %s "%s"',
    (...row) => {
      for (const source of ['apig', 'ims', 'dms'] as const) {
        const [, ...rest] = row;
        expect(classifyRow([source, ...rest])).toEqual(classifyRow(row));
      }
    },
  );

  describe.each(Object.entries(TABLES))('%s', (source, rules) => {
    it.each(rules.map((rule) => [String(rule.code), rule] as const))(
      '%s is tested with each of its statuses',
      (_code, rule) => {
        const tested = rows
          .filter((row) => row[0] === source && classifyRow(row).rule === rule)
          .map(([, http]) => http);
        expect(tested).toEqual(expect.arrayContaining([...rule.http]));
        expect(rule.http.length).toBeGreaterThan(0);
      },
    );

    it('narrows rows to statuses that they are documented with', () => {
      for (const { http, onlyHttp = [] } of rules) expect(http).toEqual(expect.arrayContaining([...onlyHttp]));
    });

    it('explains every row in two plain sentences', () => {
      for (const { cause, remedy } of rules) {
        expect(cause).toMatch(/^[A-Z].{10,}\.$/);
        expect(remedy).toMatch(/^[A-Z].{8,}\.$/);
      }
    });

    it('has no pattern that remembers where it stopped', () => {
      for (const { code, message } of rules) {
        expect(typeof code === 'string' ? '' : code.flags).not.toMatch(/[gy]/);
        expect(message?.flags ?? '').not.toMatch(/[gy]/);
      }
    });
  });

  it('repeats nothing that has to do with access keys', () => {
    const aboutKeys = FRONT_ERRORS.filter(({ message }) => message?.test('aksk signature') ?? false);
    expect(aboutKeys.length).toBeGreaterThan(0);
    for (const { repeat } of aboutKeys) expect(repeat).toBe('never');
  });
});
