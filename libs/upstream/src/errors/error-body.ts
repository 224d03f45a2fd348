import { asObject, asObjects, asText, firstText, isObject } from '@gateway/tasks';
import type { JsonObject } from '@gateway/tasks';

/** Response headers as the HTTP client gives them; names in any case. */
export type UpstreamHeaders = Readonly<Record<string, unknown>>;

/** What an upstream answered, parsed but not yet understood. */
export interface ReceivedBody {
  /** Media type without parameters, in lower case; null where the upstream named none. */
  readonly contentType: string | null;
  /** The document; undefined where the body holds none. */
  readonly body: unknown;
  /** Bytes that are no UTF-8 became U+FFFD. */
  readonly text: string;
}

/** A parsed error body. `message` is raw: redact it before anybody sees it. */
interface ErrorBody {
  readonly code: string | null;
  readonly message: string | null;
  readonly requestId: string | null;
  /** Name of the body format, for logs and metrics. */
  readonly format: string;
}

type ErrorWords = Pick<ErrorBody, 'code' | 'message'>;
interface Format {
  readonly format: string;
  readonly read: (body: JsonObject) => ErrorWords | null;
}

const MAX_MESSAGE = 4096;

/**
 * Every body that the clouds refuse with; the first that has a code is taken, else the first that fits. Extra members that some services add
 * (`request_id`, `error_ext_msg`, `encoded_authorization_message`, `details`, `title`) change nothing in the reading.
 */
const FORMATS: readonly Format[] = [
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
const REFUSALS: readonly Format[] = [
  // DigitalOcean's: the id is a word.
  {
    format: 'id-message',
    read: (body) =>
      /^[a-z]+(?:_[a-z]+)*$/i.test(firstText(body, 'id') ?? '') ? pick(body, ['id'], ['message']) : null,
  },
  // Also that of RFC 6750, section 3.1.
  {
    format: 'error-text',
    read: (body) => (asText(body['error']) === null ? null : pick(body, ['error'], ['error_description', 'message'])),
  },
  { format: 'message', read: (body) => textOf(body['message']) },
];

/** Shapes of bodies that are no JSON. None of these texts is passed on: pages and stack traces are not messages. */
const TEXT_FORMATS: readonly {
  readonly format: string;
  readonly fits: (text: string, contentType: string) => boolean;
}[] = [
  { format: 'empty', fits: (text) => text === '' },
  { format: 'html', fits: (text, contentType) => text.startsWith('<') || /html|xml/i.test(contentType) },
  { format: 'malformed-json', fits: (text, contentType) => /^[[{]/.test(text) || /json/i.test(contentType) },
  { format: 'text', fits: () => true },
];

/** Reads an error body, whatever the HTTP status. Null for JSON in none of the known formats. */
export function readErrorBody(reply: ReceivedBody, headers: UpstreamHeaders): ErrorBody | null {
  const { body } = reply;
  if (body === undefined) {
    const text = reply.text.trim();
    const format = TEXT_FORMATS.find(({ fits }) => fits(text, reply.contentType ?? ''))?.format ?? 'text';
    return { code: null, message: null, requestId: readRequestId(headers), format };
  }
  const found = findFormat(body, FORMATS) ?? findFormat(body, REFUSALS);
  return found === null ? null : { ...found, requestId: readRequestId(headers, asObject(body)) };
}

/**
 * Whether a 2xx body is an error. A task is none, however it failed; neither is a code that means success, nor
 * error members that are empty.
 * @param states words for states of tasks: a body with one of them is about a task even without its id
 */
export function isErrorBody(body: unknown, states: Readonly<Record<string, unknown>> = {}): boolean {
  if (isTask(body) || Object.hasOwn(states, stateOf(body) ?? '')) return false;
  const found = findFormat(body, FORMATS);
  if (found === null || asObject(body)['success'] === true) return false;
  const text = found.code ?? found.message;
  return text !== null && !SUCCESS.test(text);
}

// `0`, `00000000`, `DWS.0000`, an HTTP 2xx, and the one code of the old RDS that means "successful".
const SUCCESS = /^(?:(?:[A-Za-z][\w-]*\.)*0+|2\d\d|ok|success(?:ful)?|succeeded|RDS\.0041)$/i;

/** The upstream's id of the request: from a header, else from the body. Null for what does not look like one. */
export function readRequestId(headers: UpstreamHeaders, body: JsonObject = {}): string | null {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const id = firstText(lower, 'x-request-id', 'x-openstack-request-id') ?? firstText(body, 'request_id');
  return id !== null && /^[\w.:+/=-]{1,64}$/.test(id) ? id : null;
}

function findFormat(body: unknown, formats: readonly Format[]): Omit<ErrorBody, 'requestId'> | null {
  if (!isObject(body)) return null;
  const found = formats.flatMap(({ format, read }) => {
    const words = read(body);
    return words === null ? [] : [{ ...words, format }];
  });
  // Jobs that could not be looked up may come with all their members, `error_code` too, empty beside the error.
  return found.find(({ code }) => code !== null) ?? found[0] ?? null;
}

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

function isTask(body: unknown): boolean {
  const id = firstText(asObject(body), 'id', 'job_id', 'task_id', 'jobId', 'taskId');
  return id !== null && stateOf(body) !== null;
}

function stateOf(body: unknown): string | null {
  return firstText(asObject(body), 'status', 'task_status', 'job_status', 'state');
}
