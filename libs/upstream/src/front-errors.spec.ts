import { describe, expect, it } from '@jest/globals';
import { FRONT_ERRORS } from './front-errors.js';
import { classifyRow, describeErrorTable } from './testing/describe-error-table.js';
import type { GoldenRow } from './testing/describe-error-table.js';

const DIGITS: readonly GoldenRow[] = [
  [404, '0101', 'API not found', 'upstream-misconfigured', 'never'],
  [404, '0103', 'The backend does not exist', 'upstream-error', 'once'],
  [500, '0103', 'The backend does not exist', 'upstream-error', 'once'],
  [400, '0104', 'The plug-ins do not exist', 'upstream-error', 'once'],
  [500, '0104', 'The plug-ins do not exist', 'upstream-error', 'once'],
  [400, '0105', 'The backend configurations do not exist', 'upstream-error', 'once'],
  [500, '0105', 'The backend configurations do not exist', 'upstream-error', 'once'],
  [400, '0106', 'Orchestration error', 'upstream-error', 'once'],
  [500, '0107', 'The custom lua script failed', 'upstream-error', 'once'],
  [404, '0108', 'The server group ID does not exist', 'upstream-error', 'once'],
  [400, '0204', 'SSL protocol is not supported: TLSv1.1', 'upstream-error', 'never'],
  [400, '0205', 'Verify client certificate failed', 'upstream-error', 'never'],
  [400, '0201', 'API request error', 'validation-failed', 'never'],
  [413, '0201', 'Request entity too large', 'upstream-error', 'never'],
  [414, '0201', 'Request URI too large', 'upstream-error', 'never'],
  [494, '0201', 'Request headers too large', 'upstream-error', 'never'],
  [500, '0201', 'API request error', 'upstream-error', 'once'],
  [502, '0201', 'Backend unavailable', 'upstream-unavailable', 'backoff'],
  [504, '0201', 'Backend timeout', 'upstream-timeout', 'once'],
  [502, '0202', 'Backend unavailable', 'upstream-unavailable', 'backoff'],
  [504, '0203', 'Backend timeout', 'upstream-unavailable', 'backoff'],
  [401, '0301', 'IAM: token expires, expired at noon', 'upstream-credentials-rejected', 'new-token'],
  [401, '0301', 'IAM: the token has expired', 'upstream-credentials-rejected', 'new-token'],
  [401, '0301', 'IAM: decrypt token fail', 'upstream-credentials-rejected', 'never'],
  [401, '0301', 'IAM: x-auth-token not found', 'upstream-credentials-rejected', 'never'],
  [401, '0301', 'IAM: verify aksk signature fail', 'upstream-credentials-rejected', 'never'],
  [401, '0301', 'IAM: AK access failed to reach the limit, forbidden', 'upstream-credentials-rejected', 'never'],
  [401, '0301', 'IAM: verify aksk signature fail, signature expired', 'upstream-credentials-rejected', 'never'],
  [401, '0301', 'IAM: signature expired', 'upstream-credentials-rejected', 'never'],
  [401, '0301', 'IAM: Unauthorized', 'upstream-credentials-rejected', 'never'],
  [401, '0303', 'App: signature expired', 'upstream-credentials-rejected', 'never'],
  [401, '0303', 'Incorrect app authentication information', 'upstream-credentials-rejected', 'never'],
  [401, '0305', 'Incorrect authentication information', 'upstream-credentials-rejected', 'never'],
  [401, '0311', 'Incorrect authentication information', 'upstream-credentials-rejected', 'never'],
  [401, '0312', 'Incorrect third-party authentication information', 'upstream-credentials-rejected', 'never'],
  [401, '0313', 'Incorrect third-party authentication information', 'upstream-credentials-rejected', 'never'],
  [403, '0314', 'Incorrect third-party authentication information', 'permission-denied', 'never'],
  [403, '0302', 'The IAM user is not authorized', 'permission-denied', 'never'],
  [403, '0304', 'The app is not authorized', 'permission-denied', 'never'],
  [403, '0306', 'API access denied', 'permission-denied', 'never'],
  [401, '0307', 'The token must be updated', 'upstream-credentials-rejected', 'new-token'],
  [429, '0308', 'policy user over ratelimit,limit:200,time:1 second', 'upstream-throttled', 'never'],
  [403, '0310', 'The project is unavailable', 'permission-denied', 'never'],
  [403, '0401', 'Unknown client IP address', 'permission-denied', 'never'],
  [403, '0402', 'The IP address is not authorized', 'permission-denied', 'never'],
  [403, '0404', 'Access is denied for this account', 'permission-denied', 'never'],
  [403, '0405', 'Access is denied for this user', 'permission-denied', 'never'],
  [405, '0501', 'The app quota has been used up', 'account-restricted', 'never'],
  [405, '0502', 'The app has been frozen', 'account-restricted', 'never'],
  [500, '0601', 'Internal server error', 'upstream-error', 'once'],
  [400, '0602', 'Bad request', 'validation-failed', 'never'],
  [400, '0602', 'The security token has expired', 'upstream-credentials-rejected', 'new-token'],
  [401, '0602', 'Invalid token', 'upstream-credentials-rejected', 'new-token'],
  [403, '0602', 'Invalid token', 'upstream-credentials-rejected', 'new-token'],
  [401, '0602', 'Bad request', 'upstream-credentials-rejected', 'never'],
  [403, '0602', 'Bad request', 'upstream-credentials-rejected', 'never'],
  [500, '0605', 'Domain name resolution failed', 'upstream-error', 'once'],
  [500, '0606', 'Failed to load the API configurations', 'upstream-error', 'once'],
  [400, '0607', 'Unsupported protocol', 'validation-failed', 'never'],
  [500, '0608', 'Failed to obtain the admin token', 'upstream-error', 'once'],
  [500, '0609', 'The VPC backend does not exist', 'upstream-error', 'once'],
  [502, '0610', 'No backend available', 'upstream-error', 'once'],
  [500, '0611', 'The backend port does not exist', 'upstream-error', 'once'],
  [500, '0612', 'An API cannot call itself', 'upstream-error', 'once'],
  [503, '0613', 'IAM is not available', 'upstream-unavailable', 'backoff'],
  [500, '0615', 'Incorrect third-party VPC information', 'upstream-error', 'once'],
  [500, '0616', 'Incorrect third-party request information', 'upstream-error', 'once'],
  [500, '0617', 'Incorrect third-party response information', 'upstream-error', 'once'],
  [500, '0705', 'Backend signature calculation failed', 'upstream-error', 'once'],
  [403, '0801', 'Forbidden', 'permission-denied', 'never'],
  [403, '0802', 'The user is forbidden in this region', 'permission-denied', 'never'],
];

/** The codes of the clouds' front come in two spellings. */
const ROWS = ['APIG', 'APIGW'].flatMap((prefix) =>
  DIGITS.map(([http, digits, ...rest]): GoldenRow => [http, `${prefix}.${digits}`, ...rest]),
);

describeErrorTable('front', FRONT_ERRORS, ROWS);

describe('error table front', () => {
  it('holds for a provider that has no table of its own', () => {
    for (const row of ROWS) expect(classifyRow([], row)).toEqual(classifyRow(FRONT_ERRORS, row));
  });

  it('retries nothing that has to do with access keys', () => {
    const aboutKeys = FRONT_ERRORS.filter(({ message }) => message?.test('aksk signature') ?? false);
    expect(aboutKeys.length).toBeGreaterThan(0);
    for (const { retry } of aboutKeys) expect(retry).toBe('never');
  });
});
