import { Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { AccessMode } from '../config/access-config.js';
import { GatewayConfig } from '../config/gateway-config.js';
import { authenticatorOf, NOBODY } from './authenticator.js';
import type { Authenticator } from './authenticator.js';
import { establish } from './caller.js';
import { isPublic } from './public.decorator.js';

/** Stands before every handler: nobody who is not known gets past it, except to what is {@link isPublic}. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly mode: AccessMode;
  private readonly authenticate: Authenticator;

  constructor({ access }: GatewayConfig) {
    this.mode = access.mode;
    this.authenticate = authenticatorOf(access);
  }

  /** @throws Problem `unauthenticated`, `validation-failed`, `upstream-unavailable` */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.admit(context.switchToHttp().getRequest<FastifyRequest>(), context.getHandler());
  }

  /** What {@link canActivate} does, for who has no context. */
  admit(request: FastifyRequest, handler: object): boolean | Promise<boolean> {
    const open = isPublic(handler, this.mode);
    const established = open ? NOBODY : this.authenticate(request);
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
