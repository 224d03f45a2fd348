import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { ProblemContext } from '@gateway/problems';
import { GatewayConfig } from '../config/gateway-config.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Names requests and this gateway in problem documents. */
@Injectable()
export class ProblemContexts {
  private readonly instances = new WeakMap<object, string>();

  constructor(
    private readonly config: GatewayConfig,
    private readonly host: HttpAdapterHost,
  ) {}

  contextOf(request: FastifyRequest): ProblemContext {
    return { baseUrl: this.baseUrl(), requestId: request.id, instance: `urn:uuid:${this.uuidOf(request)}` };
  }

  /** Never taken from the Host header: callers choose that. */
  baseUrl(): string {
    const { publicUrl, host, port } = this.config.server;
    if (publicUrl !== undefined) return publicUrl;
    const address = (this.host.httpAdapter.getHttpServer() as { address(): AddressInfo | null }).address();
    const name = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return `http://${name}:${address?.port ?? port}`;
  }

  private uuidOf(request: FastifyRequest): string {
    if (UUID.test(request.id)) return request.id;
    const known = this.instances.get(request);
    if (known !== undefined) return known;
    const uuid = randomUUID();
    this.instances.set(request, uuid);
    return uuid;
  }
}
