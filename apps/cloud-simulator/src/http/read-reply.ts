import type { Reply } from './reply.js';
import type { Fields } from './fields.js';

/** A reply in words of the control API; exactly one of `body`, `text` and `base64`. */
export interface ReplyInput {
  /** 200 if left out. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in UTF-8. */
  readonly text?: string;
  /** Bytes that are sent as they are: for what is no text at all. */
  readonly base64?: string;
}

/** Reads {@link ReplyInput}. */
export function readReply(fields: Fields, defaultStatus: number): Reply {
  const status = fields.integer('status', 200, 599, defaultStatus);
  const headers = fields.headers('headers');
  const kinds = ['body', 'text', 'base64'].filter(fields.has);
  if (kinds.length !== 1) fields.problem('exactly one of body, text and base64 must be given');
  const body = JSON.stringify(fields.value('body') ?? null);
  const text = fields.optionalText('text');
  const base64 = fields.optionalText('base64');
  return { status, headers, body: base64 === undefined ? (text ?? body) : Buffer.from(base64, 'base64') };
}
