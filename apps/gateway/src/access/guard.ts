import { Injectable, Module } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { APP_GUARD } from '@nestjs/core';
import type { Violation } from '@gateway/problems';
import type { AccessConfig, AccessMode, JwtSettings } from '../config/access-config.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { Siblings } from '../siblings/siblings.js';
import { ANONYMOUS, authenticatorOf, NOBODY, Principals } from './authentication.js';
import type { Authentication, Authenticator, Caller } from './authentication.js';
import { IssuerKeys } from './issuer-keys.js';
import { RateLimits } from './rate-limits.js';

type Handler = (...parameters: never[]) => unknown;

const PUBLIC_HANDLERS = new WeakMap<object, readonly AccessMode[] | 'every mode'>();

/**
 * Lets a handler be asked without credentials, in the named modes or in every one. A handler without this decorator is
 * guarded. For methods only: a class could be inherited from, and open more than it shows.
 */
export function Public(...modes: readonly AccessMode[]) {
  return <T extends Handler>(_target: object, _name: string | symbol, { value }: TypedPropertyDescriptor<T>): void => {
    if (value !== undefined) PUBLIC_HANDLERS.set(value, modes.length === 0 ? 'every mode' : modes);
  };
}

/** Whether a handler needs no credentials in this mode. */
function isPublic(handler: object, mode: AccessMode): boolean {
  const modes = PUBLIC_HANDLERS.get(handler);
  return modes !== undefined && (modes === 'every mode' || modes.includes(mode));
}

/** Stands before every handler: nobody who is not known gets past it, except to what is {@link isPublic}. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly mode: AccessMode;
  private readonly principals: Principals;
  private keys: IssuerKeys | null = null;
  private authenticator: Authenticator;

  constructor(
    { access }: GatewayConfig,
    private readonly limits: RateLimits,
    { principalKey }: Siblings,
  ) {
    this.mode = access.mode;
    this.principals = new Principals(access.principalSecret ?? principalKey);
    this.authenticator = this.authenticatorOf(access);
  }

  /** From now on these keys and claims count; whoever has been let in already is told apart by {@link readmit}. */
  apply(access: AccessConfig): void {
    this.authenticator = this.authenticatorOf(access);
  }

  /** What a caller is by now who was let in before. @throws Problem `unauthenticated` */
  readmit(caller: Caller): Caller {
    return this.authenticator.readmit(caller);
  }

  private authenticatorOf(access: AccessConfig): Authenticator {
    return authenticatorOf(access, this.principals, (jwt) => this.keysOf(jwt));
  }

  /** Those at hand, where their issuer stays: it need not be reached again. */
  private keysOf(jwt: JwtSettings): IssuerKeys {
    if (this.keys?.areOf(jwt) !== true) this.keys = new IssuerKeys(jwt);
    return this.keys;
  }

  /**
   * Finds out who sent a request, and counts it, once for each; also for who answers without a handler.
   * @throws Problem `unauthenticated`, `validation-failed`, `upstream-unavailable`, `rate-limited`
   */
  authenticate(request: FastifyRequest, reply: FastifyReply): Authentication | Promise<Authentication> {
    const known = authenticationOf(request);
    if (known !== undefined) return known;
    const found = this.authenticator.authenticate(request.raw);
    return found instanceof Promise
      ? found.then((authentication) => this.admit(request, reply, authentication))
      : this.admit(request, reply, found);
  }

  /** Whoever is not known has been refused already: nobody is counted who only claims to be somebody. */
  private admit(request: FastifyRequest, reply: FastifyReply, authentication: Authentication): Authentication {
    establish(request, authentication);
    this.limits.count(reply, authentication.caller.account);
    return authentication;
  }

  /** @throws Problem as {@link authenticate} */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    if (isPublic(context.getHandler(), this.mode)) establish(request, NOBODY);
    const authentication = this.authenticate(request, http.getResponse<FastifyReply>());
    return authentication instanceof Promise ? authentication.then(() => true) : true;
  }
}

const AUTHENTICATION = Symbol('authentication of a request');
type GuardedRequest = FastifyRequest & { [AUTHENTICATION]?: Authentication };

function establish(request: GuardedRequest, authentication: Authentication): Authentication {
  return (request[AUTHENTICATION] = authentication);
}

/** Undefined before the guard. */
function authenticationOf(request: GuardedRequest): Authentication | undefined {
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

/** Stands before every handler of every module. */
@Module({
  providers: [RateLimits, AccessGuard, { provide: APP_GUARD, useExisting: AccessGuard }],
  exports: [AccessGuard, RateLimits],
})
export class AccessModule {}
