import { Server, ServerResponse } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { ServerConfig } from '../config/gateway-config.js';
import { LOOKS, Stalls } from './stalls.js';

/** Largest requests that are read, in bytes. */
export const MAX_URL_BYTES = 8 * 1024;
export const MAX_BODY_BYTES = 64 * 1024;
/** A cloud token alone may have 16,384 characters. */
export const MAX_HEADER_BYTES = 64 * 1024;

/** Milliseconds between two looks for requests that are late; Node's own are half a minute apart. */
const CHECK_MS = 1_000;

/** Milliseconds for which a connection that this side has ended outlives its end. */
const LINGER_MS = 5_000;

/** Milliseconds whose refused connections are logged in one line. */
const DROPS_MS = 1_000;

/** The newest answer of each connection; requests that wait behind others get theirs last. */
const answers = new WeakMap<Socket, ServerResponse>();

/** The newest answer of a connection, given or not; undefined before its first whole head of a request. */
export function answerOn(socket: Socket): ServerResponse | undefined {
  return answers.get(socket);
}

/** The address to listen on: `localhost` is two on most machines, of which a server would take the first, ::1, alone. */
export function listenHost(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** A server that holds callers to its limits, and that closes without cutting an answer off. */
export class GatewayServer extends Server {
  private readonly logger = new Logger('Server');
  private readonly open = new Set<Socket>();
  private readonly stalls = new Stalls();
  private readonly streamStalls = new Stalls();
  private refused = 0;

  constructor(private readonly settings: ServerConfig) {
    super({
      maxHeaderSize: MAX_HEADER_BYTES,
      // A missing Host is refused with a problem, not with the bare 400 of the HTTP server.
      requireHostHeader: false,
      // A stream that nobody reads, for requests that have no body, takes a tenth of what a stored answer costs.
      optimizeEmptyRequests: true,
      headersTimeout: Math.ceil(settings.headersSeconds * 1000),
      requestTimeout: Math.ceil(settings.requestSeconds * 1000),
      keepAliveTimeout: Math.ceil(settings.idleSeconds * 1000),
      connectionsCheckingInterval: CHECK_MS,
    });
    this.maxConnections = settings.maxConnections;
    // Their size is the limit: one of their number would be a second.
    this.maxHeadersCount = 0;
    this.timeout = Math.ceil((settings.stallSeconds * 1000) / LOOKS);
    const looks = setInterval(() => void this.lookAtStreams(), this.timeout).unref();
    this.on('close', () => clearInterval(looks));
    // Shared by all: each of thousands would hold 300 bytes for those of its own.
    const { open } = this;
    const forget = function (this: Socket): void {
      open.delete(this);
    };
    const ignore = (): void => undefined;
    this.on('connection', (socket: Socket) => {
      open.add(socket);
      socket.on('close', forget);
      // A tunnel's has no other listener, and an error without one ends the process.
      socket.on('error', ignore);
    });
    this.on('request', (request: IncomingMessage, response: ServerResponse) => {
      answers.set(request.socket, response);
    });
    // The hooks refuse both as any other request, in its turn.
    this.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
      // Nobody can tell whether its body comes now.
      response.shouldKeepAlive = false;
      this.emit('request', request, response);
    });
    this.on('connect', (request: IncomingMessage) => this.onTunnel(request));
    this.on('drop', () => this.noteDrop());
    this.on('timeout', (socket: Socket) => void this.onSilence(socket));
  }

  /** What absolute URLs begin with. Never taken from the Host header: callers choose that. */
  baseUrl(): string {
    const { publicUrl, host, port } = this.settings;
    if (publicUrl !== undefined) return publicUrl;
    const name = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return `http://${name}:${(this.address() as AddressInfo | null)?.port ?? port}`;
  }

  /** Nothing was read, and nothing of what is to be written went to the network. */
  private async onSilence(socket: Socket): Promise<void> {
    // The head of the first request has a time of its own.
    const answer = answerOn(socket);
    if (answer === undefined) return;
    if (isAnswered(socket)) return void socket.destroy();
    // Else the answer is not there yet, or goes on.
    if (socket.writableLength === 0) return;
    const state = await this.stalls.stateOf(socket);
    if (state === 'stalled') socket.destroy();
    else if (state === 'moving') socket.setTimeout(this.timeout);
  }

  /** Of a stream the network may have all, and its reader nothing; where much is told, there is no silence to notice it by. */
  private async lookAtStreams(): Promise<void> {
    const streams = [...this.open].filter((socket) => isUnderWay(socket));
    if (streams.length === 0) return;
    for (const socket of await this.streamStalls.stalledOf(streams)) if (isUnderWay(socket)) socket.destroy();
  }

  /** The HTTP server hands the connection over: its answer is the last. */
  private onTunnel(request: IncomingMessage): void {
    const { socket } = request;
    if (!isAnswered(socket)) return void socket.destroy();
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.once('finish', () => endGently(socket));
    this.emit('request', request, response);
  }

  private noteDrop(): void {
    this.refused += 1;
    if (this.refused > 1) return;
    setTimeout(() => {
      this.logger.warn(
        `${this.refused} connections were refused: ${this.maxConnections} are open (server.maxConnections)`,
      );
      this.refused = 0;
    }, DROPS_MS).unref();
  }

  /**
   * Closes each connection as soon as it has been answered. Node's own takes an answer for given once the program has
   * handed it over, and cuts it off in the middle; to those that are really under way it does not come back.
   */
  override closeIdleConnections(): void {
    for (const socket of this.open) void this.closeOnceAnswered(socket);
  }

  /** Closes every connection, whatever is under way. @returns how many there were */
  cutOff(): number {
    const { size } = this.open;
    for (const socket of this.open) socket.destroy();
    return size;
  }

  private async closeOnceAnswered(socket: Socket): Promise<void> {
    if (isAnswered(socket)) await this.endAndDeliver(socket);
    if (isAnswered(socket)) return void socket.destroy();
    // Node's own closes what it has handed to the network.
    socket.destroySoon = () => void this.endAndDeliver(socket).then(() => socket.destroy());
    answers.get(socket)?.once('close', () => void this.closeOnceAnswered(socket));
  }

  /** The network has megabytes ahead of a reader: they go with the process where its network does, as in a container. */
  private async endAndDeliver(socket: Socket): Promise<void> {
    while (!socket.destroyed && (await this.stalls.isHeld(socket))) socket.end();
  }
}

/** An answer has begun, and goes on; the network has all of it so far. */
function isUnderWay(socket: Socket): boolean {
  return answers.get(socket)?.headersSent === true && socket.writableLength === 0 && !isAnswered(socket);
}

function isAnswered(socket: Socket): boolean {
  const answer = answers.get(socket);
  return answer === undefined || answer.writableFinished || answer.destroyed;
}

/** Ends a connection, and leaves the other side a while to read what was written before it is closed under it. */
export function endGently(socket: Socket): void {
  socket.end();
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}

/** The way out of this process: it is not ready any more, sends callers elsewhere, and closes its listeners. */
export class Drain {
  private readonly servers: GatewayServer[] = [];
  private begun = false;

  get isDraining(): boolean {
    return this.begun;
  }

  /** From now on every answer is the last one of its connection. */
  begin(): void {
    this.begun = true;
  }

  /** Has this server closed with the others. */
  add(server: GatewayServer): void {
    this.servers.push(server);
  }

  /** All at once, so that none goes on while another waits for its callers. */
  closeListeners(): void {
    for (const server of this.servers) server.close();
  }

  /** Closes every connection, whatever is under way. @returns how many there were */
  cutOff(): number {
    return this.servers.reduce((count, server) => count + server.cutOff(), 0);
  }
}
