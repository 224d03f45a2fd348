import { asObject, firstText, isObject } from '@gateway/tasks';
import type { JsonObject } from '@gateway/tasks';
import { FORMATS, isTask, AMBIGUOUS_FORMATS, stateOf } from './error-formats.js';
import type { ErrorWords, Format } from './error-formats.js';

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
interface ErrorBody extends ErrorWords {
  readonly requestId: string | null;
  /** Name of the body format, for logs and metrics. */
  readonly format: string;
}

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
  const found = findFormat(body, FORMATS) ?? findFormat(body, AMBIGUOUS_FORMATS);
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
