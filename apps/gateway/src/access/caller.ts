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
export interface Established {
  readonly caller: Caller;
  /** What is wrong with credentials that the request may turn out not to need. */
  readonly violations: readonly Violation[];
}

const ESTABLISHED = Symbol('established caller');
type GuardedRequest = FastifyRequest & { [ESTABLISHED]?: Established };

/** The guard's only: everything else reads. */
export function establish(request: GuardedRequest, established: Established): void {
  request[ESTABLISHED] = established;
}

/** The caller that the guard established; what is wrong with the cloud token is added to `violations`. */
export function callerOf(request: GuardedRequest, violations: Violation[]): Caller {
  const established = request[ESTABLISHED];
  if (established === undefined)
    throw new Error('a controller asks for the caller of a request that no guard has seen');
  violations.push(...established.violations);
  return established.caller;
}

/** For the log; null where nobody is known. */
export function principalOf(request: GuardedRequest): string | null {
  const caller = request[ESTABLISHED]?.caller;
  return caller === undefined ? null : loggedPrincipal(caller);
}

/** For the log; null for who brings nothing. */
export function loggedPrincipal({ principal }: Caller): string | null {
  return principal === ANONYMOUS ? null : principal;
}
