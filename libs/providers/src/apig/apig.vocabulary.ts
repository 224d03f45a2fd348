import { describeMembers } from '@gateway/tasks';
import type { FailureCode, TaskStatus, TaskType } from '@gateway/tasks';
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

/** Failure codes whose meaning is documented; every other code is worded by its text. */
export const APIG_FAILURES: Readonly<Record<string, FailureCode>> = {
  'APIG.1005': 'PERMISSION_DENIED',
  'APIG.2000': 'INVALID_REQUEST',
  'APIG.2001': 'INVALID_REQUEST',
  'APIG.2011': 'INVALID_REQUEST',
  'APIG.2012': 'INVALID_REQUEST',
  'APIG.3030': 'NOT_FOUND',
  'APIG.3201': 'ALREADY_EXISTS',
  'APIG.3202': 'ALREADY_EXISTS',
  'APIG.3203': 'ALREADY_EXISTS',
  'APIG.3204': 'ALREADY_EXISTS',
  'APIG.9999': 'UPSTREAM_FAULT',
};
