import { HttpService } from '@nestjs/axios';
import { afterEach, beforeEach } from '@jest/globals';
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import { UpstreamFailure } from '../../errors/upstream-failure.js';

import { HttpTransport, type PoolOptions, type SendOptions } from '../http-transport.js';
import type { TransportRequest } from '../exchange.js';

/** The token of every request that names none. */
export const TOKEN = 'MIIaToken-that-must-not-leak';

/** Servers for a file of tests and a transport to them; each test has its own, which are closed behind it. */
export function transportTests() {
  let transport: HttpTransport;
  let servers: net.Server[];
  /** Open connections, as the servers see them. */
  const sockets = new Set<Socket>();

  beforeEach(() => {
    transport = new HttpTransport(new HttpService(), { connectMs: 2_000 });
    servers = [];
    sockets.clear();
  });
  afterEach(async () => {
    await transport.close();
    for (const socket of sockets) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  });

  /** Listens on a free port. */
  async function listen(server: net.Server): Promise<URL> {
    servers.push(server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/tasks/1?a=b`);
  }

  /** A server that sends what it likes once a request's head has arrived; requests count from 1 on each connection. */
  function listenRaw(answer: (socket: Socket, request: number, connection: number) => void): Promise<URL> {
    let connections = 0;
    const server = net.createServer((socket) => {
      const connection = (connections += 1);
      let request = 0;
      let text = '';
      socket.setNoDelay(true).on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (!text.includes('\r\n\r\n')) return;
        text = '';
        answer(socket, (request += 1), connection);
      });
    });
    return listen(server);
  }

  /** An address where nothing listens. */
  async function closedAddress(): Promise<URL> {
    const url = await listen(net.createServer());
    await new Promise((closed) => servers.pop()?.close(closed));
    return url;
  }

  async function replaceTransport(options: PoolOptions): Promise<void> {
    await transport.close();
    transport = new HttpTransport(new HttpService(), options);
  }

  const closeTransport = (): Promise<void> => transport.close();

  /** Resolves when the servers see every connection closed. */
  async function connectionsClosed(): Promise<void> {
    await Promise.all(Array.from(sockets, (socket) => new Promise((closed) => socket.once('close', closed))));
  }

  function send(url: URL, request: Partial<TransportRequest> = {}, options: Partial<SendOptions> = {}) {
    return transport.send(
      { method: 'GET', url, headers: { 'X-Auth-Token': TOKEN }, ...request },
      { signal: new AbortController().signal, bodyBytes: 1_024 * 1_024, attemptMs: 10_000, ...options },
    );
  }

  return { listen, listenRaw, sockets, closedAddress, replaceTransport, closeTransport, connectionsClosed, send };
}

/** The failure that a request ends in; throws for any other end. */
export async function failureIn(sent: Promise<unknown>): Promise<UpstreamFailure> {
  const error: unknown = await sent.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UpstreamFailure)) throw new Error('no failure of an upstream', { cause: error });
  return error;
}

/** The head of a reply. */
export const head = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
/** A reply with a body of known length. */
export const whole = (body: string | Buffer, ...lines: string[]) =>
  Buffer.concat([Buffer.from(head(`Content-Length: ${Buffer.byteLength(body)}`, ...lines)), Buffer.from(body)]);

export const UNREACHABLE = { slug: 'upstream-unreachable', retry: 'backoff' };
export const BAD_RESPONSE = { slug: 'upstream-bad-response', retry: 'never' };
