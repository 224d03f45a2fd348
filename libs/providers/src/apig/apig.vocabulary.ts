import type { FailureCode, TaskStatus, TaskType } from '@gateway/tasks';

/** `succeed` is what the service sends; the English page of 2025-12-26 writes `succeeded`. */
export const APIG_STATUSES: Readonly<Record<string, TaskStatus>> = {
  waiting: 'pending',
  processing: 'running',
  succeed: 'succeeded',
  succeeded: 'succeeded',
  failed: 'failed',
};

export const APIG_TASK_TYPES: Readonly<Record<string, TaskType>> = {
  import_api: {
    title: 'Import of API definitions',
    result: {
      groupId: 'API group that the APIs were imported into',
      document: 'imported document: its id and the result of storing it',
      succeeded: 'created and updated APIs: id, method, path, action (create or update)',
      failed: 'refused APIs: method, path, error',
      ignored: 'APIs left as they are: method, path',
    },
  },
  export_api: {
    title: 'Export of API definitions',
    result: {
      fileName: 'name for the file, legal on every file system',
      fileType: 'extension without its dot',
      mediaType: 'media type of the file',
      document: 'exported document where it is JSON',
      content: 'text of the file where it is not JSON',
    },
  },
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
