import { describe, expect, it } from '@jest/globals';
import { classifyRow, describeErrorTable } from '../../../upstream/src/testing/describe-error-table.js';
import { DMS_ERRORS } from './dms.errors.js';

describeErrorTable('dms', DMS_ERRORS, [
  [400, 'DMS.00400070', 'Invalid task ID', 'validation-failed', 'never'],
  [400, 'DMS.00400030', 'Invalid instance ID', 'validation-failed', 'never'],
  [400, 'DMS.00400061', 'Invalid instance ID format', 'validation-failed', 'never'],
  [400, 'DMS.10240005', 'Invalid project ID', 'validation-failed', 'never'],
  [400, 'DMS.00400062', 'Invalid request parameter', 'validation-failed', 'never'],
  [400, 'DMS.00400800', 'Invalid request parameter', 'validation-failed', 'never'],
  [400, 'DMS.10540014', 'Invalid parameters in the URL', 'validation-failed', 'never'],
  [400, 'DMS.00400002', 'Invalid project ID', 'validation-failed', 'never'],
  [401, 'DMS.10240101', 'Invalid token', 'upstream-credentials-rejected', 'never'],
  [401, 'DMS.10240102', 'Expired token', 'upstream-credentials-rejected', 'new-token'],
  [401, 'DMS.10240103', 'Missing token', 'upstream-credentials-rejected', 'never'],
  [401, 'DMS.10240104', 'The project and the token do not match', 'upstream-misconfigured', 'never'],
  [403, 'DMS.00403002', 'No permission', 'permission-denied', 'never'],
  [403, 'DMS.00403003', 'No permission', 'permission-denied', 'never'],
  [403, 'DMS.10240306', 'The tenant is frozen', 'account-restricted', 'never'],
  [400, 'DMS.00500986', 'The account has been restricted', 'account-restricted', 'never'],
  [400, 'DMS.00500987', 'The balance is not enough', 'account-restricted', 'never'],
  [403, 'DMS.10240309', 'Not allowed', 'permission-denied', 'never'],
  [403, 'DMS.10240310', 'Not allowed', 'permission-denied', 'never'],
  [403, 'DMS.10240311', 'Not allowed', 'permission-denied', 'never'],
  [403, 'DMS.10240312', 'Not allowed', 'permission-denied', 'never'],
  [404, 'DMS.00404022', 'This instance does not exist', 'scope-not-found', 'never'],
  [404, 'DMS.00404001', 'The requested URL does not exist', 'upstream-misconfigured', 'never'],
  [404, 'DMS.10240406', 'No such URL or endpoint', 'upstream-misconfigured', 'never'],
  [405, 'DMS.00405001', 'This method is not allowed', 'upstream-misconfigured', 'never'],
  [408, 'DMS.111501024', 'The query timed out', 'upstream-timeout', 'once'],
  [404, 'DMS.10240407', 'The request is too frequent', 'upstream-throttled', 'never'],
  [503, 'DMS.111501025', 'The service is busy', 'upstream-unavailable', 'backoff'],
  [500, 'DMS.00500000', 'Internal error', 'upstream-error', 'once'],
  [500, 'DMS.00500990', 'Internal error', 'upstream-error', 'once'],
  [501, 'DMS.00501118', 'Not enough processors', 'upstream-error', 'once'],
  [500, 'DMS.10250002', 'Internal communication error', 'upstream-error', 'once'],
  [500, 'DMS.10250006', 'Internal error', 'upstream-error', 'once'],
]);

describe('a code that looks like an internal error of dms, with status 400', () => {
  it.each(['DMS.00500033', 'DMS.00500960', 'DMS.00500978', 'DMS.00500980', 'DMS.00500982'])(
    '%s is about the request, and not asked again',
    (code) => {
      const verdict = classifyRow(DMS_ERRORS, [400, code, 'Refused', 'upstream-error', 'never']);
      expect(verdict).toMatchObject({ problem: 'upstream-error', retry: 'never', known: false });
    },
  );
});
