import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AccessMode } from '../config/access-config.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { authenticatorOf, NOBODY } from './authentication.js';
import type { Authenticator } from './authentication.js';
import { establish } from './caller.js';
import type { Established } from './caller.js';
import type { CredentialSource } from './credential-headers.js';
import { isPublic } from './public.decorator.js';

/** Stands before every handler: nobody who is not known gets past it, except to what is {@link isPublic}. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly mode: AccessMode;
  private readonly authenticate: Authenticator;
  /** What has to be waited for is not found out twice. */
  private readonly pending = new WeakMap<CredentialSource, Promise<Established>>();

  constructor({ access }: GatewayConfig) {
    this.mode = access.mode;
    this.authenticate = authenticatorOf(access);
  }

  /**
   * Finds out who sent a request; also for who answers without a handler.
   * @throws Problem `unauthenticated`, `validation-failed`, `upstream-unavailable`
   */
  identify(request: CredentialSource): Established | Promise<Established> {
    const pending = this.pending.get(request);
    if (pending !== undefined) return pending;
    const established = this.authenticate(request);
    if (established instanceof Promise) this.pending.set(request, established);
    return established;
  }

  /** @throws Problem as {@link identify} */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const established = isPublic(context.getHandler(), this.mode) ? NOBODY : this.identify(request.raw);
    if (!(established instanceof Promise)) {
      establish(request, established);
      return true;
    }
    return established.then((known) => {
      establish(request, known);
      return true;
    });
  }
}
