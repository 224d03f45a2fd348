import { IAM_ERRORS } from './iam-errors.js';
import { describeErrorTable } from './testing/describe-error-table.js';

describeErrorTable('iam', IAM_ERRORS, [
  [400, '400', 'Expecting to find domain in user', 'upstream-misconfigured', 'never'],
  [401, '401', 'The username or password is wrong.', 'upstream-credentials-rejected', 'never'],
  [403, '403', 'The account is locked.', 'upstream-credentials-rejected', 'never'],
  [404, '404', 'Could not find project', 'upstream-misconfigured', 'never'],
  [409, '409', 'Conflict', 'upstream-error', 'once'],
  [429, '429', 'The throttling threshold has been reached', 'upstream-throttled', 'never'],
  [500, '500', 'An unexpected error', 'upstream-error', 'once'],
  [503, '503', 'Service unavailable', 'upstream-unavailable', 'backoff'],
  [401, 'IAM.0001', 'Authentication is required', 'upstream-credentials-rejected', 'never'],
  [403, 'IAM.0002', 'You are not authorized', 'upstream-credentials-rejected', 'never'],
  [403, 'IAM.0003', 'The policy does not allow this', 'upstream-credentials-rejected', 'never'],
  [404, 'IAM.0004', 'Could not find project', 'upstream-misconfigured', 'never'],
  [404, 'Iam.0004', 'Could not find project', 'upstream-misconfigured', 'never'],
  [500, 'IAM.0006', 'An unexpected error', 'upstream-error', 'once'],
  [400, 'IAM.0011', 'Request body is invalid.', 'upstream-misconfigured', 'never'],
  [404, 'IAM.0999', 'Not there', 'upstream-misconfigured', 'never'],
  [409, 'IAM.0999', 'Conflict', 'upstream-misconfigured', 'never'],
  [401, 'IAM.0999', 'Refused', 'upstream-credentials-rejected', 'never'],
  [403, 'IAM.0999', 'Refused', 'upstream-credentials-rejected', 'never'],
]);
