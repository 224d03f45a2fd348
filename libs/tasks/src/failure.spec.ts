import { describe, expect, it } from '@jest/globals';
import { taskError } from './failure.js';

describe('taskError', () => {
  it.each([
    ['The API group name already exists', 'ALREADY_EXISTS'],
    ['Insufficient volume quota', 'QUOTA_EXCEEDED'],
    ['You have no permission to access the bucket', 'PERMISSION_DENIED'],
    ['The server does not exist', 'NOT_FOUND'],
    ['Waiting for the volume timed out', 'TIMED_OUT'],
    ['The server is being used by another task', 'CONFLICT'],
    ['The value of disk_format is invalid', 'INVALID_REQUEST'],
    ['System error', 'UPSTREAM_FAULT'],
    ['Something odd', 'UNKNOWN'],
  ])('words %p', (text, code) => {
    expect(taskError('X.1', text)).toEqual({ code, detail: text, upstream: { code: 'X.1' } });
  });

  it('believes a listed code rather than the text, and no member of the prototype', () => {
    expect(taskError('X.1', 'System error', { 'X.1': 'CONFLICT' }).code).toBe('CONFLICT');
    expect(taskError('constructor', null, {}).code).toBe('UNKNOWN');
  });

  it('passes no secret on', () => {
    expect(taskError(null, 'login with password=hunter2 refused').detail).toBe(
      'login with password=[redacted] refused',
    );
  });
});
