import { describeMembers, list, map, nullable, object, ref, textOrNull } from '@gateway/tasks';
import type { FailureTable, ResultSchema, TaskStatus, TaskType } from '@gateway/tasks';

/** `succeed` is what the service sends; the English page of 2025-12-26 writes `succeeded`. */
export const APIG_STATUSES: Readonly<Record<string, TaskStatus>> = {
  waiting: 'pending',
  processing: 'running',
  succeed: 'succeeded',
  succeeded: 'succeeded',
  failed: 'failed',
};

const unread = nullable(
  map('What the service left in `task_result` where that was not the documented object; null where it was.', true),
);
const call = {
  method: textOrNull('HTTP method of the API.'),
  path: textOrNull('Request path of the API.'),
};

export const APIG_IMPORT: ResultSchema = {
  kind: 'apig.import',
  types: ['import_api'],
  members: {
    groupId: textOrNull('Id of the API group that the APIs were imported into.'),
    document: nullable(
      object('The imported document, as the service stored it; null where it says nothing about that.', {
        id: textOrNull('Id of the stored document.'),
        result: textOrNull('How storing the document ended, in the words of the service.'),
      }),
    ),
    succeeded: list(
      'The APIs that were created or updated.',
      object('An API that was created or updated.', {
        ...call,
        id: textOrNull('Id of the API.'),
        action: textOrNull('What was done with the API: `create` or `update`.'),
      }),
    ),
    failed: list(
      'The APIs that were refused, with the reason for each.',
      object('An API that was refused.', { ...call, error: ref('TaskError') }),
    ),
    ignored: list('The APIs that were left as they are.', object('An API that was left as it is.', call)),
    unread,
  },
};

export const APIG_EXPORT: ResultSchema = {
  kind: 'apig.export',
  types: ['export_api'],
  members: {
    fileName: textOrNull('Name for the exported file that is legal on every file system.'),
    fileType: textOrNull('Extension of the file, without its dot.'),
    mediaType: textOrNull('Media type of the file.'),
    document: {
      description: 'The exported document where it is JSON; null where it is not.',
      anyOf: [{ type: 'object', additionalProperties: true }, { type: 'array', items: {} }, { type: 'null' }],
    },
    content: textOrNull('The text of the file where it is not JSON; null where it is.'),
    unread,
  },
};

export const APIG_TASK_TYPES: Readonly<Record<string, TaskType>> = {
  import_api: { title: 'Import of API definitions', result: describeMembers(APIG_IMPORT) },
  export_api: { title: 'Export of API definitions', result: describeMembers(APIG_EXPORT) },
};

/** Failure codes whose text is not clear, and those that are not what the documented family of their code is. */
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
