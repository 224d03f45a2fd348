import { describeMembers, listMember, objectMember, openMember, orNull, textMember } from '@gateway/tasks';
import type { FailureTable, MemberSchema, ResultSchema, TaskStatus, TaskType } from '@gateway/tasks';

/** `succeed` is what the service sends; the English page of 2025-12-26 writes `succeeded`. */
export const APIG_STATUSES: Readonly<Record<string, TaskStatus>> = {
  waiting: 'pending',
  processing: 'running',
  succeed: 'succeeded',
  succeeded: 'succeeded',
  failed: 'failed',
};

/** What was in `task_result` if it was not the documented object. */
const unread: MemberSchema = orNull(openMember('what the service left behind in a form that is not documented'));
const call = { method: textMember('HTTP method'), path: textMember('path of the API') };

export const APIG_IMPORT: ResultSchema = {
  kind: 'apig.import',
  types: ['import_api'],
  members: {
    groupId: textMember('API group that the APIs were imported into'),
    document: orNull(
      objectMember('imported document: its id and the result of storing it', {
        id: textMember('its id'),
        result: textMember('how storing it ended'),
      }),
    ),
    succeeded: listMember(
      'created and updated APIs: id, method, path, action (create or update)',
      objectMember('a created or updated API', {
        ...call,
        id: textMember('its id'),
        action: textMember('create or update'),
      }),
    ),
    failed: listMember(
      'refused APIs: method, path, error',
      objectMember('a refused API', { ...call, error: { $ref: '#/components/schemas/TaskError' } }),
    ),
    ignored: listMember('APIs left as they are: method, path', objectMember('an API left as it is', call)),
    unread,
  },
};

export const APIG_EXPORT: ResultSchema = {
  kind: 'apig.export',
  types: ['export_api'],
  members: {
    fileName: textMember('name for the file, legal on every file system'),
    fileType: textMember('extension without its dot'),
    mediaType: textMember('media type of the file'),
    document: {
      description: 'exported document where it is JSON',
      anyOf: [{ type: 'object', additionalProperties: true }, { type: 'array', items: {} }, { type: 'null' }],
    },
    content: textMember('text of the file where it is not JSON'),
    unread,
  },
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
