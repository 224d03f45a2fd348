import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** One request that arrived, and the means to answer it in any way at all. */
export interface Exchange {
  readonly socket: Socket;
  /** Request line and headers as they arrived. */
  readonly head: string;
  /** Counts from 1 over all connections. */
  readonly request: number;
  /** Counts from 1. */
  readonly connection: number;
  /** Counts from 1 on its connection. */
  readonly requestOfConnection: number;
}

export type Behaviour = (exchange: Exchange) => void;

/** A server that says whatever bytes it is told to. */
export interface RawUpstream {
  readonly url: string;
  /** `host:port` */
  readonly address: string;
  /** Heads of the requests since the behaviour was last set. */
  readonly requests: readonly string[];
  /** Connections since the behaviour was last set. */
  readonly connections: () => number;
  /** Connections that are open now. */
  readonly open: () => number;
  readonly behave: (behaviour: Behaviour) => void;
  readonly close: () => Promise<void>;
}

export interface RawUpstreamOptions {
  /** A free one if left out. */
  readonly port?: number;
  /** Speaks TLS with this key and certificate. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** Listens on this machine. */
export async function startRawUpstream(behaviour: Behaviour, options: RawUpstreamOptions = {}): Promise<RawUpstream> {
  const { tls } = options;
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  let current = behaviour;
  let connections = 0;
  const heads: string[] = [];
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => undefined));
  });
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    const connection = connections;
    let requestOfConnection = 0;
    let text = '';
    socket.setNoDelay(true).on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end !== -1; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end);
        text = text.slice(end + 4);
        heads.push(head);
        requestOfConnection += 1;
        current({ socket, head, request: heads.length, connection, requestOfConnection });
      }
    });
  });
  await once(server.listen(options.port ?? 0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const address = `${tls === undefined ? '127.0.0.1' : 'localhost'}:${port}`;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${address}`,
    address,
    requests: heads,
    connections: () => connections,
    open: () => sockets.size,
    behave: (next) => {
      current = next;
      connections = 0;
      heads.length = 0;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
