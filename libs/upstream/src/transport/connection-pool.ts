import { getCACertificates } from 'node:tls';
import { Agent, buildConnector } from 'undici';
import { NameResolver } from './name-resolver.js';

const MAX_HEADER_BYTES = 64 * 1024;

export interface PoolOptions {
  /** DNS, TCP and TLS handshake together, in milliseconds. */
  readonly connectMs?: number;
  readonly connectionsPerOrigin?: number;
  /** A certificate authority to trust besides the usual ones, in PEM. */
  readonly extraCa?: string;
}

export interface ConnectionPool {
  readonly agent: Agent;
  /** Whether a connection had already served a reply when it broke with this error. */
  readonly brokeAfterUse: (error: Error) => boolean;
}

/** Keep-alive connections to every upstream. Certificates are always verified, and no proxy is taken from the environment. */
export function createConnectionPool(options: PoolOptions = {}): ConnectionPool {
  const { connectMs = 1_000, connectionsPerOrigin = 64, extraCa } = options;
  const usedUp = new WeakSet<Error>();
  const connect = buildConnector({
    timeout: connectMs,
    allowH2: false,
    rejectUnauthorized: true,
    lookup: new NameResolver().lookup,
    ...(extraCa === undefined ? {} : { ca: [...getCACertificates('default'), extraCa] }),
  });
  const agent = new Agent({
    connections: connectionsPerOrigin,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    // One deadline covers the whole attempt; two more clocks would only cut it short.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (target, callback) => {
      let settled = false;
      const settle: typeof callback = (...result) => {
        const [, socket] = result;
        clearTimeout(timer);
        if (settled) {
          socket?.destroy();
          return;
        }
        settled = true;
        socket?.on('error', (error) => {
          if (socket.bytesRead > 0) usedUp.add(error);
        });
        callback(...result);
      };
      // undici's own connect timer is up to half a second late. It still closes the socket that this one gives up.
      const timer = setTimeout(() => settle(new ConnectTimeout(), null), connectMs);
      connect(target, settle);
    },
  });
  return { agent, brokeAfterUse: (error) => usedUp.has(error) };
}

class ConnectTimeout extends Error {
  readonly code = 'UND_ERR_CONNECT_TIMEOUT';
}
