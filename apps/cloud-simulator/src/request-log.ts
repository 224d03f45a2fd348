import { createHash } from 'node:crypto';
import type { Call } from './http/call.js';
import { readCredential } from './iam/credential.js';
import type { Credential } from './iam/credential.js';

const MAX_ENTRIES = 10_000;

/** One request that arrived, without its secrets. */
export interface LoggedRequest {
  /** Id of the provider, else the first segment of the path. */
  readonly service: string;
  readonly method: string;
  /** Path and query as they arrived. */
  readonly path: string;
  /** Names only, in lower case. */
  readonly headers: readonly string[];
  readonly credential: {
    readonly kind: 'none' | 'token' | 'signature';
    /** First 12 hex digits of the SHA-256 of the token or access key: tells credentials apart. */
    readonly sha256: string | null;
  };
}

/** What arrived, oldest first; the oldest are forgotten after 10,000. */
export interface RequestLog {
  readonly add: (service: string, call: Call) => void;
  readonly list: (service?: string) => readonly LoggedRequest[];
  readonly clear: () => void;
}

export function createRequestLog(): RequestLog {
  let entries: LoggedRequest[] = [];
  return {
    add(service, call) {
      entries.push(entryOf(service, call));
      // Twice the limit, so that cutting is rare.
      if (entries.length > 2 * MAX_ENTRIES) entries = entries.slice(-MAX_ENTRIES);
    },
    list: (service) =>
      entries.filter((entry) => service === undefined || entry.service === service).slice(-MAX_ENTRIES),
    clear() {
      entries = [];
    },
  };
}

function entryOf(service: string, call: Call): LoggedRequest {
  const credential = readCredential(call);
  const identifying = identifyingPart(credential);
  return {
    service,
    method: call.method,
    path: call.query === '' ? call.path : `${call.path}?${call.query}`,
    headers: Object.keys(call.headers),
    credential: {
      kind: credential.kind,
      sha256: identifying === null ? null : createHash('sha256').update(identifying).digest('hex').slice(0, 12),
    },
  };
}

function identifyingPart(credential: Credential): string | null {
  if (credential.kind === 'none') return null;
  return credential.kind === 'token' ? credential.value : credential.access;
}
