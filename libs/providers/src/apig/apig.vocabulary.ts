import { describeMembers } from '@gateway/tasks';
import type { FailureTable, TaskStatus, TaskType } from '@gateway/tasks';
import { APIG_EXPORT, APIG_IMPORT } from './apig.results.js';

/** `succeed` is what the service sends; the English page of 2025-12-26 writes `succeeded`. */
export const APIG_STATUSES: Readonly<Record<string, TaskStatus>> = {
  waiting: 'pending',
  processing: 'running',
  succeed: 'succeeded',
  succeeded: 'succeeded',
  failed: 'failed',
};

export const APIG_TASK_TYPES: Readonly<Record<string, TaskType>> = {
  import_api: { title: 'Import of API definitions', result: describeMembers(APIG_IMPORT) },
  export_api: { title: 'Export of API definitions', result: describeMembers(APIG_EXPORT) },
};

/** Failure codes whose text does not tell, and those that are not what the documented family of their code is. */
export const APIG_FAILURES: FailureTable = {
  codes: {
    // About the account, though the text only says "domain".
    'APIG.1008': 'PERMISSION_DENIED',
    'APIG.3712': 'PERMISSION_DENIED',
    'APIC.7118': 'PERMISSION_DENIED',
    'APIG.1005': 'PERMISSION_DENIED',
    'APIG.2029': 'ALREADY_EXISTS',
    'APIG.2035': 'UPSTREAM_FAULT',
    'APIG.2050': 'ALREADY_EXISTS',
    'APIC.9218': 'QUOTA_EXCEEDED',
    'APIC.9219': 'QUOTA_EXCEEDED',
    'APIG.9002': 'INVALID_REQUEST',
    'APIG.9008': 'QUOTA_EXCEEDED',
  },
  families: [
    [/^APIG\.11\d\d$/, 'PERMISSION_DENIED'],
    [/^APIG\.(?:20|36)\d\d$/, 'INVALID_REQUEST'],
    [/^APIG\.30\d\d$/, 'NOT_FOUND'],
    [/^APIG\.32\d\d$/, 'ALREADY_EXISTS'],
    [/^API[GC]\.9\d{3}$/, 'UPSTREAM_FAULT'],
  ],
};
