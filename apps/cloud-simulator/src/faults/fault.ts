import type { Fields } from '../http/fields.js';
import { readReply } from '../http/read-reply.js';
import type { Reply } from '../http/reply.js';
import { THROTTLING_FORMS } from './throttling.js';
import type { ThrottlingForm } from './throttling.js';

const MAX_BYTES = 4 * 1024 ** 3;
const MAX_MS = 3_600_000;

/** How a service misbehaves. */
export type Fault =
  | { readonly kind: 'latency'; readonly ms: number }
  | { readonly kind: 'throttling'; readonly form: ThrottlingForm; readonly retryAfter: string | null }
  | { readonly kind: 'error'; readonly reply: Reply }
  | { readonly kind: 'drip'; readonly bytesPerSecond: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'hang-after-headers' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'truncated' }
  | { readonly kind: 'oversized'; readonly bytes: number }
  | { readonly kind: 'html'; readonly status: number }
  | { readonly kind: 'gzip-bomb'; readonly bytes: number }
  | { readonly kind: 'redirect'; readonly status: number; readonly location: string }
  | { readonly kind: 'empty'; readonly status: number }
  | { readonly kind: 'close-idle' }
  | { readonly kind: 'unavailable' };
export type FaultKind = Fault['kind'];

type Readers = { readonly [K in FaultKind]: (fields: Fields) => Extract<Fault, { kind: K }> };

const READERS: Readers = {
  latency: (fields) => ({ kind: 'latency', ms: fields.integer('ms', 0, MAX_MS) }),
  throttling: (fields) => ({
    kind: 'throttling',
    form: fields.word('form', THROTTLING_FORMS, 'APIGW.0308'),
    retryAfter: fields.has('retryAfter') ? fields.header('retryAfter') : null,
  }),
  error: (fields) => ({ kind: 'error', reply: readReply(fields, 500) }),
  drip: (fields) => ({ kind: 'drip', bytesPerSecond: fields.integer('bytesPerSecond', 1, 1_000_000) }),
  hang: () => ({ kind: 'hang' }),
  'hang-after-headers': () => ({ kind: 'hang-after-headers' }),
  reset: () => ({ kind: 'reset' }),
  truncated: () => ({ kind: 'truncated' }),
  oversized: (fields) => ({ kind: 'oversized', bytes: fields.integer('bytes', 1, MAX_BYTES) }),
  html: (fields) => ({ kind: 'html', status: fields.integer('status', 200, 599, 502) }),
  'gzip-bomb': (fields) => ({ kind: 'gzip-bomb', bytes: fields.integer('bytes', 1, MAX_BYTES) }),
  redirect: (fields) => ({
    kind: 'redirect',
    status: fields.integer('status', 300, 399, 302),
    location: fields.header('location'),
  }),
  empty: (fields) => ({ kind: 'empty', status: fields.integer('status', 200, 599, 200) }),
  'close-idle': () => ({ kind: 'close-idle' }),
  unavailable: () => ({ kind: 'unavailable' }),
};

export const FAULT_KINDS = Object.keys(READERS) as readonly FaultKind[];

/** Reads the members of a fault after its `kind`. */
export function readFault(fields: Fields): Fault {
  return READERS[fields.word('kind', FAULT_KINDS)](fields);
}
