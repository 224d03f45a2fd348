import { firstText, isObject, parseEmbedded, redactLoose } from '@gateway/tasks';
import type { Artifact, JsonObject } from '@gateway/tasks';
import { legalFileName } from './apig.file-name.js';

interface Export {
  readonly result: JsonObject | null;
  readonly artifact: Artifact | null;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  json: 'application/json',
  yaml: 'application/yaml',
  yml: 'application/yaml',
};
const [UNNAMED_TYPE, OTHER_TYPE] = ['text/plain', 'application/octet-stream'];

/** Of all files that exports can bring. */
export const APIG_ARTIFACT_TYPES = [...new Set([...Object.values(MEDIA_TYPES), UNNAMED_TYPE, OTHER_TYPE])];

const NO_FILE = { fileName: null, fileType: null, mediaType: null, document: null, content: null };

/**
 * Reads what an export left behind. The documentation names `file_type` and `content`; the service sends `FileName`,
 * `FileType` and `Comment`. The exported document is a third level of JSON in a string, or YAML.
 */
export function readExport(outcome: unknown, id: string): Export {
  const parsed = parseEmbedded(outcome);
  if (!isObject(parsed)) {
    const unread = redactLoose(outcome);
    return { result: unread === null ? null : { ...NO_FILE, unread }, artifact: null };
  }
  const content = readContent(parsed['Comment']) ?? readContent(parsed['content']);
  const inner = parseEmbedded(content);
  const document = typeof inner === 'object' ? inner : undefined;
  const fileType = fileTypeOf(parsed) ?? (document === undefined ? null : 'json');
  const mediaType = fileType === null ? UNNAMED_TYPE : (MEDIA_TYPES[fileType] ?? OTHER_TYPE);
  const fileName = legalFileName(firstText(parsed, 'FileName', 'file_name') ?? '', fileType ?? 'txt', `export-${id}`);
  return {
    result: {
      fileName,
      fileType,
      mediaType,
      document: document ?? null,
      content: document === undefined ? content : null,
      unread: null,
    },
    artifact: content === null ? null : { fileName, mediaType, content },
  };
}

function readContent(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : null;
}

function fileTypeOf(parsed: JsonObject): string | null {
  const type = firstText(parsed, 'FileType', 'file_type')?.toLowerCase().replace(/^\.+/, '') ?? '';
  return /^[a-z0-9]{1,10}$/.test(type) ? type : null;
}
