import type { FastifyRequest } from 'fastify';
import type { Violation } from '@gateway/problems';
import type { Grant } from './access-policy.js';

/** Who asks. */
export interface Caller {
  /** The caller's own cloud token (`X-Auth-Token`). */
  readonly token: string | null;
  /** Stands for the whole credential wherever callers are told apart; says nothing about it, and may appear in logs. */
  readonly principal: string;
  readonly grant: Grant;
}

/** Principal of everybody who brings nothing. */
export const ANONYMOUS = 'anonymous';

/** What the guard found out about a request. */
export interface Authentication {
  readonly caller: Caller;
  /** What is wrong with credentials that the request may turn out not to need. */
  readonly violations: readonly Violation[];
}

const AUTHENTICATION = Symbol('authentication of a request');
type GuardedRequest = FastifyRequest & { [AUTHENTICATION]?: Authentication };

/** The guard's only: everything else reads. */
export function establish(request: GuardedRequest, authentication: Authentication): Authentication {
  return (request[AUTHENTICATION] = authentication);
}

/** Undefined before the guard. */
export function authenticationOf(request: GuardedRequest): Authentication | undefined {
  return request[AUTHENTICATION];
}

/** The caller that the guard established; what is wrong with the cloud token is added to `violations`. */
export function callerOf(request: FastifyRequest, violations: Violation[]): Caller {
  const authentication = authenticationOf(request);
  if (authentication === undefined)
    throw new Error('a controller asks for the caller of a request that no guard has seen');
  violations.push(...authentication.violations);
  return authentication.caller;
}

/** For the log; null where nobody is known, and for who brings nothing. */
export function principalOf(request: FastifyRequest): string | null {
  const { principal = ANONYMOUS } = authenticationOf(request)?.caller ?? {};
  return principal === ANONYMOUS ? null : principal;
}
