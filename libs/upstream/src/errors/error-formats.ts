import { asObject, asObjects, asText, firstText, isObject } from '@gateway/tasks';
import type { JsonObject } from '@gateway/tasks';

/** What an error body says. `message` is raw: redact it before anybody sees it. */
export interface ErrorWords {
  readonly code: string | null;
  readonly message: string | null;
}

/** One form of error bodies. */
export interface Format {
  /** For logs and metrics. */
  readonly format: string;
  /** Null for a body of another form. */
  readonly read: (body: JsonObject) => ErrorWords | null;
}

const MAX_MESSAGE = 4096;

/**
 * Every body that the clouds refuse with; the first that has a code is taken, else the first that fits. Extra members that some services add
 * (`request_id`, `error_ext_msg`, `encoded_authorization_message`, `details`, `title`) change nothing in the reading.
 */
export const FORMATS: readonly Format[] = [
  // A real CCE body has five members that disagree; `error_code` is the one to believe, then `errorCode`.
  {
    format: 'error_code',
    read: flat(
      ['error_code', 'error_msg'],
      ['error_code', 'errorCode'],
      ['error_msg', 'error_message', 'message', 'reason'],
    ),
  },
  { format: 'error', read: inside('error', 'string', ['code'], ['message']) },
  // Google's: the number is the HTTP status once more.
  {
    format: 'error-status',
    read: (body) => {
      const inner = asObject(body['error']);
      return /^[A-Z_]+$/.test(firstText(inner, 'status') ?? '') ? pick(inner, ['status'], ['message']) : null;
    },
  },
  { format: 'error-keystone', read: inside('error', 'number', ['code'], ['message', 'title']) },
  { format: 'error-error_code', read: inside('error', 'any', ['error_code', 'code'], ['error_msg', 'message']) },
  // A Kubernetes status has `code` and `message` too.
  {
    format: 'kubernetes-status',
    read: (body) => (isKubernetesFailure(body) ? pick(body, ['code', 'reason'], ['message', 'reason']) : null),
  },
  {
    format: 'code-message',
    read: (body) => (Object.hasOwn(body, 'message') ? flat(['code'], ['code'], ['message'])(body) : null),
  },
  { format: 'externalMessage', read: flat(['externalMessage'], ['errCode', 'errorCode'], ['externalMessage']) },
  { format: 'errorCode', read: flat(['errorCode'], ['errorCode'], ['errorMessage', 'errorMsg', 'message', 'reason']) },
  { format: 'errCode', read: flat(['errCode'], ['errCode'], ['errMsg', 'message']) },
  { format: 'neutron', read: inside('NeutronError', 'any', ['type'], ['message', 'detail']) },
  { format: 'errors', read: readErrorList },
  { format: 'fault', read: readFault },
];

/** Bodies that only the HTTP status tells from other documents; the first that fits is taken. */
export const AMBIGUOUS_FORMATS: readonly Format[] = [
  // DigitalOcean's: the id is a word.
  {
    format: 'id-message',
    read: (body) =>
      /^[a-z]+(?:_[a-z]+)*$/i.test(firstText(body, 'id') ?? '') ? pick(body, ['id'], ['message']) : null,
  },
  // Also that of RFC 6750, section 3.1.
  {
    format: 'error-text',
    read: (body) => {
      if (asText(body['error']) === null) return null;
      const words = pick(body, ['error'], ['error_description', 'message']);
      return words.code === null ? textOf(body['error']) : words;
    },
  },
  { format: 'message', read: (body) => textOf(body['message']) },
];

/** Reads members of the body itself, if one of the markers is there. */
function flat(markers: readonly string[], codes: readonly string[], messages: readonly string[]): Format['read'] {
  return (body) => (markers.some((member) => Object.hasOwn(body, member)) ? pick(body, codes, messages) : null);
}

/** Reads members of an inner object whose first code member has the given type. */
function inside(
  outer: string,
  type: 'string' | 'number' | 'any',
  codes: readonly string[],
  messages: readonly string[],
): Format['read'] {
  return (body) => {
    const inner = Object.hasOwn(body, outer) ? body[outer] : undefined;
    if (!isObject(inner) || (type !== 'any' && typeof inner[codes[0] ?? ''] !== type)) return null;
    return pick(inner, codes, messages);
  };
}

function pick(object: JsonObject, codes: readonly string[], messages: readonly string[]): ErrorWords {
  const code = firstText(object, ...codes);
  const message = firstText(object, ...messages);
  return {
    // A code is a word; services document `{}` and null in its place, and prose would not be one either.
    code: code !== null && /^[\w.:/ -]{1,64}$/.test(code) ? code : null,
    message: message === null ? null : message.slice(0, MAX_MESSAGE),
  };
}

/** A message without a code. */
function textOf(value: unknown): ErrorWords | null {
  const message = flattened(value);
  return message === null ? null : { code: null, message: message.slice(0, MAX_MESSAGE) };
}

/** The text of a message that may be an object of messages by the name of what is wrong, as GitLab's are. */
function flattened(value: unknown): string | null {
  if (Array.isArray(value)) return joined(value.map(flattened), ', ');
  if (!isObject(value)) return asText(value);
  const named = Object.entries(value).map(([name, inner]) => {
    const text = flattened(inner);
    return text === null ? null : `${name}: ${text}`;
  });
  return joined(named, '; ');
}

function joined(texts: readonly (string | null)[], between: string): string | null {
  const found = texts.filter((text) => text !== null);
  return found.length === 0 ? null : found.join(between);
}

function isKubernetesFailure(body: JsonObject): boolean {
  return body['kind'] === 'Status' && body['status'] === 'Failure';
}

function readErrorList(body: JsonObject): ErrorWords | null {
  const [first] = asObjects(body['errors']);
  return first === undefined ? null : pick(first, ['error_code', 'code'], ['error_msg', 'message']);
}

/** `{"itemNotFound": {message, code}}` and its family: the only member is named after the error. */
function readFault(body: JsonObject): ErrorWords | null {
  const members = Object.values(body);
  const [error] = members;
  if (members.length !== 1 || !isObject(error) || isTask(error)) return null;
  if (!Object.hasOwn(error, 'code') || !Object.hasOwn(error, 'message')) return null;
  return pick(error, ['code'], ['message']);
}

/** Whether a body names a task and its state. */
export function isTask(body: unknown): boolean {
  const id = firstText(asObject(body), 'id', 'job_id', 'task_id', 'jobId', 'taskId');
  return id !== null && stateOf(body) !== null;
}

/** The word that a body has for the state of a task. */
export function stateOf(body: unknown): string | null {
  return firstText(asObject(body), 'status', 'task_status', 'job_status', 'state');
}
