import { listMember, objectMember, openMember, orNull, textMember } from '@gateway/tasks';
import type { MemberSchema, ResultSchema } from '@gateway/tasks';

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
