import { describeErrorTable } from '../../../upstream/src/testing/describe-error-table.js';
import { IMS_ERRORS } from './ims.errors.js';

describeErrorTable('ims', IMS_ERRORS, [
  [400, 'IMG.0023', 'An exception occurred during task query.', 'task-not-found', 'never'],
  [400, 'IMG.0030', 'The project ID and token are invalid.', 'upstream-misconfigured', 'never'],
  [403, 'IMG.0026', 'Forbidden', 'permission-denied', 'never'],
  [400, 'IMG.0017', 'The URL format is incorrect.', 'validation-failed', 'never'],
  [400, 'IMG.0024', 'The imagetype is invalid.', 'validation-failed', 'never'],
  [400, 'IMG.0018', 'An error occurred when the job was submitted.', 'upstream-error', 'once'],
]);
