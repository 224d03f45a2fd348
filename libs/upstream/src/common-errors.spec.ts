import { describe, expect, it } from '@jest/globals';
import { COMMON_ERRORS } from './common-errors.js';
import { classifyRow, describeErrorTable } from './testing/describe-error-table.js';
import type { GoldenRow } from './testing/describe-error-table.js';

const ROWS: readonly GoldenRow[] = [
  [400, 'Common.0011', 'Invalid jobId.', 'task-not-found', 'never'],
  [401, 'Common.0013', 'Invalid token.', 'upstream-credentials-rejected', 'never'],
  [400, 'Common.0013', 'Invalid token.', 'upstream-credentials-rejected', 'never'],
  [400, 'Common.0018', 'Tenant ID mismatch.', 'upstream-misconfigured', 'never'],
  [400, 'Common.0021', 'Failed to query the job.', 'upstream-error', 'once'],
  [400, 'Common.0025', 'Failed to query the job.', 'upstream-error', 'once'],
  [202, 'Common.0024', 'Exceeds flow over limit.', 'upstream-throttled', 'never'],
  [429, 'Common.1503', 'The API is over flow control.', 'upstream-throttled', 'never'],
  [503, 'Common.1503', 'The API is over flow control.', 'upstream-throttled', 'never'],
];

describeErrorTable('common', COMMON_ERRORS, ROWS);

describe('error table common', () => {
  it('holds for a provider that has no table of its own', () => {
    for (const row of ROWS) expect(classifyRow([], row)).toEqual(classifyRow(COMMON_ERRORS, row));
  });
});
