import { describeErrorTable } from '../../../upstream/src/testing/describe-error-table.js';
import { APIG_ERRORS } from './apig.errors.js';

describeErrorTable('apig', APIG_ERRORS, [
  [404, 'APIG.3093', 'The asynchronous task d9ce8c9e does not exist', 'task-not-found', 'never'],
  [404, 'APIG.3030', 'The instance does not exist', 'scope-not-found', 'never'],
  [400, 'APIG.2000', 'Parameter error', 'validation-failed', 'never'],
  [400, 'APIG.2001', 'The request parameters must be specified,parameterName:task_id', 'validation-failed', 'never'],
  [400, 'APIG.2011', 'Invalid parameter value', 'validation-failed', 'never'],
  [400, 'APIG.2012', 'Invalid parameter value', 'validation-failed', 'never'],
  [401, 'APIG.1000', 'The token is missing', 'upstream-credentials-rejected', 'never'],
  [401, 'APIG.1001', 'The token has expired', 'upstream-credentials-rejected', 'new-token'],
  [401, 'APIG.1002', 'Incorrect token or token resolution failed', 'upstream-credentials-rejected', 'never'],
  [401, 'APIG.1003', 'No project information', 'upstream-credentials-rejected', 'never'],
  [401, 'APIG.1007', 'No domain information', 'upstream-credentials-rejected', 'never'],
  [401, 'APIG.1008', 'Unknown domain', 'upstream-credentials-rejected', 'never'],
  [401, 'APIG.1009', 'No user information', 'upstream-credentials-rejected', 'never'],
  [403, 'APIG.1005', 'No permissions to request this method', 'permission-denied', 'never'],
  [401, 'APIG.1005', 'No permissions to request this method', 'permission-denied', 'never'],
  [401, 'APIG.1010', 'PDP server connection failed', 'upstream-unavailable', 'backoff'],
  [401, 'APIG.1011', 'Real-name authentication is needed', 'account-restricted', 'never'],
  [401, 'APIG.1012', 'The balance is insufficient', 'account-restricted', 'never'],
  [401, 'APIG.1013', 'The account has been frozen', 'account-restricted', 'never'],
  [500, 'APIG.9999', 'System error', 'upstream-error', 'once'],
]);
