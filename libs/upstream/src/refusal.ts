import { asObject, asObjects, firstText, isObject } from '@gateway/tasks';
import type { JsonObject } from '@gateway/tasks';

/** Response headers as the HTTP client gives them; names in any case. */
export type UpstreamHeaders = Readonly<Record<string, unknown>>;

/** What an upstream answered, read but not yet understood. */
export interface UpstreamBody {
  readonly contentType: string | null;
  /** Parsed JSON; undefined when the text is not JSON. */
  readonly body: unknown;
  readonly text: string;
}

/** How an upstream said no. `message` is raw: redact it before anybody sees it. */
export interface Refusal {
  readonly code: string | null;
  readonly message: string | null;
  readonly requestId: string | null;
  /** Name of the body shape, for logs and metrics. */
  readonly shape: string;
}

type Said = Pick<Refusal, 'code' | 'message'>;
interface Shape {
  readonly shape: string;
  readonly read: (body: JsonObject) => Said | null;
}

const MAX_MESSAGE = 4096;

/**
 * Every body that the clouds refuse with; the first that fits is taken. Extra members that some services add
 * (`request_id`, `error_ext_msg`, `encoded_authorization_message`, `details`, `title`) change nothing in the reading.
 */
const SHAPES: readonly Shape[] = [
  // A real CCE body has five members that disagree; `error_code` is the one to believe, then `errorCode`.
  {
    shape: 'error_code',
    read: flat(
      ['error_code', 'error_msg'],
      ['error_code', 'errorCode'],
      ['error_msg', 'error_message', 'message', 'reason'],
    ),
  },
  { shape: 'error', read: inside('error', 'string', ['code'], ['message']) },
  { shape: 'error-keystone', read: inside('error', 'number', ['code'], ['message', 'title']) },
  { shape: 'error-error_code', read: inside('error', 'any', ['error_code', 'code'], ['error_msg', 'message']) },
  // A Kubernetes status has `code` and `message` too.
  {
    shape: 'kubernetes-status',
    read: (body) => (isKubernetesFailure(body) ? say(body, ['code', 'reason'], ['message', 'reason']) : null),
  },
  {
    shape: 'code-message',
    read: (body) => (Object.hasOwn(body, 'message') ? flat(['code'], ['code'], ['message'])(body) : null),
  },
  { shape: 'externalMessage', read: flat(['externalMessage'], ['errCode', 'errorCode'], ['externalMessage']) },
  { shape: 'errorCode', read: flat(['errorCode'], ['errorCode'], ['errorMessage', 'errorMsg', 'message', 'reason']) },
  { shape: 'errCode', read: flat(['errCode'], ['errCode'], ['errMsg', 'message']) },
  { shape: 'neutron', read: inside('NeutronError', 'any', ['type'], ['message', 'detail']) },
  { shape: 'errors', read: readErrorList },
  { shape: 'fault', read: readFault },
];

/** Shapes of bodies that are no JSON. None of these texts is passed on: pages and stack traces are not messages. */
const TEXT_SHAPES: readonly {
  readonly shape: string;
  readonly fits: (text: string, contentType: string) => boolean;
}[] = [
  { shape: 'empty', fits: (text) => text === '' },
  { shape: 'html', fits: (text, contentType) => text.startsWith('<') || /html|xml/i.test(contentType) },
  { shape: 'malformed-json', fits: (text, contentType) => /^[[{]/.test(text) || /json/i.test(contentType) },
  { shape: 'text', fits: () => true },
];

/** Reads how an upstream refused, whatever the HTTP status. Null for JSON in none of the known shapes. */
export function readRefusal(reply: UpstreamBody, headers: UpstreamHeaders): Refusal | null {
  const { body } = reply;
  if (body === undefined) {
    const text = reply.text.trim();
    const shape = TEXT_SHAPES.find(({ fits }) => fits(text, reply.contentType ?? ''))?.shape ?? 'text';
    return { code: null, message: null, requestId: readRequestId(headers), shape };
  }
  const found = findShape(body);
  return found === null ? null : { ...found, requestId: readRequestId(headers, asObject(body)) };
}

/**
 * Whether a 2xx body says no. A task is never a refusal, however it failed; neither is a code that means success, nor
 * error members that are empty.
 * @param states words for states of tasks: a body with one of them is about a task even if it does not say which
 */
export function looksLikeRefusal(body: unknown, states: Readonly<Record<string, unknown>> = {}): boolean {
  if (isTask(body) || Object.hasOwn(states, stateOf(body) ?? '')) return false;
  const found = findShape(body);
  if (found === null || asObject(body)['success'] === true) return false;
  const told = found.code ?? found.message;
  return told !== null && !SUCCESS.test(told);
}

// `0`, `00000000`, `DWS.0000`, an HTTP 2xx, and the one code of the old RDS that means "successful".
const SUCCESS = /^(?:(?:[A-Za-z][\w-]*\.)*0+|2\d\d|ok|success(?:ful)?|succeeded|RDS\.0041)$/i;

/** The upstream's id of the request: from a header, else from the body. Null for what does not look like one. */
export function readRequestId(headers: UpstreamHeaders, body: JsonObject = {}): string | null {
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const id = firstText(lower, 'x-request-id', 'x-openstack-request-id') ?? firstText(body, 'request_id');
  return id !== null && /^[\w.:+/=-]{1,64}$/.test(id) ? id : null;
}

function findShape(body: unknown): Omit<Refusal, 'requestId'> | null {
  if (!isObject(body)) return null;
  for (const { shape, read } of SHAPES) {
    const said = read(body);
    if (said !== null) return { ...said, shape };
  }
  return null;
}

/** Reads members of the body itself, if one of the telling ones is there. */
function flat(telling: readonly string[], codes: readonly string[], messages: readonly string[]): Shape['read'] {
  return (body) => (telling.some((member) => Object.hasOwn(body, member)) ? say(body, codes, messages) : null);
}

/** Reads members of an inner object whose first code member has the given type. */
function inside(
  outer: string,
  type: 'string' | 'number' | 'any',
  codes: readonly string[],
  messages: readonly string[],
): Shape['read'] {
  return (body) => {
    const inner = Object.hasOwn(body, outer) ? body[outer] : undefined;
    if (!isObject(inner) || (type !== 'any' && typeof inner[codes[0] ?? ''] !== type)) return null;
    return say(inner, codes, messages);
  };
}

function say(object: JsonObject, codes: readonly string[], messages: readonly string[]): Said {
  const code = firstText(object, ...codes);
  const message = firstText(object, ...messages);
  return {
    // A code is a word; services document `{}` and null in its place, and prose would not be one either.
    code: code !== null && /^[\w.:/ -]{1,64}$/.test(code) ? code : null,
    message: message === null ? null : message.slice(0, MAX_MESSAGE),
  };
}

function isKubernetesFailure(body: JsonObject): boolean {
  return body['kind'] === 'Status' && body['status'] === 'Failure';
}

function readErrorList(body: JsonObject): Said | null {
  const [first] = asObjects(body['errors']);
  return first === undefined ? null : say(first, ['error_code', 'code'], ['error_msg', 'message']);
}

/** `{"itemNotFound": {message, code}}` and its family: the only member is named after the fault. */
function readFault(body: JsonObject): Said | null {
  const members = Object.values(body);
  const [fault] = members;
  if (members.length !== 1 || !isObject(fault) || isTask(fault)) return null;
  if (!Object.hasOwn(fault, 'code') || !Object.hasOwn(fault, 'message')) return null;
  return say(fault, ['code'], ['message']);
}

function isTask(body: unknown): boolean {
  const id = firstText(asObject(body), 'id', 'job_id', 'task_id', 'jobId', 'taskId');
  return id !== null && stateOf(body) !== null;
}

function stateOf(body: unknown): string | null {
  return firstText(asObject(body), 'status', 'task_status', 'job_status', 'state');
}
