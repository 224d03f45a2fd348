import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Violation } from '@gateway/problems';

/** Who asks. */
export interface Caller {
  /** The caller's own cloud token. */
  readonly token: string | null;
  /** Stands for the whole credential wherever answers are kept apart; says nothing about it. */
  readonly principal: string;
}

/** Drawn at each start: a principal means nothing outside this process. */
const PRINCIPAL_KEY = randomBytes(32);

/** Reads the caller's credential; what is wrong with it is added to `violations`. */
export function callerOf(headers: IncomingHttpHeaders, violations: Violation[]): Caller {
  const token = headers['x-auth-token'];
  if (token === undefined) return { token: null, principal: 'anonymous' };
  // Node joins repeated headers with a comma and a blank, which no token holds.
  if (Array.isArray(token) || !/^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/.test(token)) {
    violations.push({
      detail: 'X-Auth-Token must be one token of visible ASCII characters, without quotes, commas and backslashes.',
      header: 'X-Auth-Token',
    });
    return { token: null, principal: 'anonymous' };
  }
  return { token, principal: createHmac('sha256', PRINCIPAL_KEY).update(token).digest('base64url') };
}
