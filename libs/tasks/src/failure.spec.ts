import { describe, expect, it } from '@jest/globals';
import { taskError } from './failure.js';

describe('taskError', () => {
  it.each([
    ['The API group name already exists', 'ALREADY_EXISTS'],
    ['Duplicate instance name', 'ALREADY_EXISTS'],
    ['Insufficient volume quota', 'QUOTA_EXCEEDED'],
    ['The quota limit has been reached', 'QUOTA_EXCEEDED'],
    ['The number of volumes has reached the maximum allowed', 'QUOTA_EXCEEDED'],
    ['The balance is not enough', 'QUOTA_EXCEEDED'],
    ['You have no permission to access the bucket', 'PERMISSION_DENIED'],
    ['You do not have the permission', 'PERMISSION_DENIED'],
    ['Insufficient permissions.', 'PERMISSION_DENIED'],
    ['A tenant has the read-only permission', 'PERMISSION_DENIED'],
    ['The token has expired', 'PERMISSION_DENIED'],
    ['You are not allowed to access the backup', 'PERMISSION_DENIED'],
    ['The server does not exist', 'NOT_FOUND'],
    ['The object cannot be found', 'NOT_FOUND'],
    ['Waiting for the volume timed out', 'TIMED_OUT'],
    ['Failed to stop the server: timeout', 'TIMED_OUT'],
    ['Incorrect backend timeout', 'INVALID_REQUEST'],
    ['The timeout value is too large', 'INVALID_REQUEST'],
    ['The task was canceled', 'CANCELLED'],
    ['The server is being used by another task', 'CONFLICT'],
    ['Failed to make the image because the server is being backed up', 'CONFLICT'],
    ['This operation is not allowed due to the instance status', 'CONFLICT'],
    ['The value of disk_format is invalid', 'INVALID_REQUEST'],
    ['The **name** must\nbe 4 to 64 characters long', 'INVALID_REQUEST'],
    ['The queue quota must be within the range of 1-20', 'INVALID_REQUEST'],
    ['System error', 'UPSTREAM_FAULT'],
    ['Failed to query the flavors', 'UPSTREAM_FAULT'],
    ['Service temporarily unavailable', 'UPSTREAM_FAULT'],
    ['Invalid parameter value,parameterName:timeout. Please refer to the documentation', 'INVALID_REQUEST'],
    ['The parameters must be specified, parameter name:quota', 'INVALID_REQUEST'],
    ['The timeout is out of range', 'INVALID_REQUEST'],
    ["Invalid value '700000' for timeout", 'INVALID_REQUEST'],
    ['The backend timeout cannot be longer than 60000 ms', 'INVALID_REQUEST'],
    ['The job exceeded its time limit', 'TIMED_OUT'],
    ['The task cannot be cancelled in its present state', 'CONFLICT'],
    ['The task has not been canceled: internal error', 'UPSTREAM_FAULT'],
    ['Failed to be cancelled', 'UPSTREAM_FAULT'],
    ['The export has not yet been cancelled and timed out', 'TIMED_OUT'],
    ['The state was changed to cancelled', 'CANCELLED'],
    ['Unsupported parameter "timeout"', 'INVALID_REQUEST'],
    ['Invalid parameter: timeout', 'INVALID_REQUEST'],
    ['Stopped by the user', 'CANCELLED'],
    ['Connection terminated by peer', 'UPSTREAM_FAULT'],
    ['Not imported because it contains invalid characters', 'INVALID_REQUEST'],
    ['Too many characters in the name', 'INVALID_REQUEST'],
    ['Failed to query the quota', 'UPSTREAM_FAULT'],
    ['App quota c900c561 does not exist', 'NOT_FOUND'],
    ['The flow control policy does not exist', 'NOT_FOUND'],
    ['The size of the volumes exceeds the quota', 'QUOTA_EXCEEDED'],
    ['Changes are allowed only once per minute', 'QUOTA_EXCEEDED'],
    ['Internal error: invalid response of the scheduler', 'UPSTREAM_FAULT'],
    ['System error. You must contact technical support', 'UPSTREAM_FAULT'],
    ['Internal error. A manual operation is required', 'UPSTREAM_FAULT'],
    ["Policy doesn't allow ims:images:create to be performed", 'PERMISSION_DENIED'],
    ['The token does not contain user information', 'PERMISSION_DENIED'],
    ['The name is in use', 'ALREADY_EXISTS'],
    ['The plugin has been attached to APIs', 'CONFLICT'],
    ['The file is not a valid image', 'INVALID_REQUEST'],
    // What can mean several things.
    ['The volume is being backed, forbidden deleting', 'UNKNOWN'],
    ['The region cannot be changed because of its policy', 'UNKNOWN'],
    ['Failed to parse the document', 'UNKNOWN'],
    ['transaction aborted by the database', 'UNKNOWN'],
    ['Failed to copy the image because it is encrypted', 'UNKNOWN'],
    ['The request throttling policy is odd', 'UNKNOWN'],
    ['Something odd', 'UNKNOWN'],
  ])('%p: %p', (text, code) => {
    expect(taskError('X.1', text)).toEqual({ code, detail: text, upstream: { code: 'X.1' } });
  });

  it('code: a listed one decides, then the text, then its family, and no member of the prototype', () => {
    const table = { codes: { 'X.1': 'CONFLICT' }, families: [[/^X\.\d$/, 'NOT_FOUND']] } as const;
    expect(taskError('X.1', 'System error', table).code).toBe('CONFLICT');
    expect(taskError('X.2', 'System error', table).code).toBe('UPSTREAM_FAULT');
    expect(taskError('X.2', 'Something odd', table).code).toBe('NOT_FOUND');
    expect(taskError('X.2', null, table).code).toBe('NOT_FOUND');
    expect(taskError('Y.2', null, table).code).toBe('UNKNOWN');
    expect(taskError('constructor', null, table).code).toBe('UNKNOWN');
  });

  it('secret in a text: not passed on', () => {
    expect(taskError(null, 'login with password=hunter2 refused').detail).toBe(
      'login with password=[redacted] refused',
    );
  });
});
