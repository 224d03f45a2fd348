import { getCACertificates } from 'node:tls';
import { Agent, buildConnector } from 'undici';
import { UpstreamFailure } from '../errors/upstream-failure.js';
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

/** How an exchange can end without a reply. */
export type TransportErrorKind =
  /** No connection: nothing was sent. */
  | 'unreachable'
  /** The connection broke after the request was sent. */
  | 'broken'
  /** Like `broken`, on a connection that had idled: the upstream most likely never saw the request. */
  | 'stale'
  /** The reply is no HTTP, or its headers are too large. */
  | 'malformed'
  | 'too-large'
  | 'bad-encoding';

/** Carries a code, and nothing of the request: errors of HTTP clients hold its headers, tokens included. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    readonly kind: TransportErrorKind,
    readonly code: string | null = null,
  ) {
    super(code ?? kind);
  }
}

const DETAILS: Readonly<Record<TransportErrorKind, string>> = {
  unreachable: 'No connection to the upstream could be made.',
  broken: 'The upstream broke the connection before its answer was complete.',
  stale: 'The upstream broke the connection before its answer was complete.',
  malformed: 'The upstream did not answer in HTTP, or with headers that are too large.',
  'too-large': 'The body of the upstream is larger than allowed.',
  'bad-encoding': 'The content encoding of the upstream is unknown or broken.',
};

const CONNECT_DETAILS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'The host name of the upstream could not be resolved.',
  EAI_AGAIN: 'The host name of the upstream could not be resolved.',
  ECONNREFUSED: 'The upstream refused the connection.',
  UND_ERR_CONNECT_TIMEOUT: 'The upstream did not accept the connection in time.',
  CERT_HAS_EXPIRED: 'The certificate of the upstream has expired.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate of the upstream is for another host.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate of the upstream is not trusted.',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate of the upstream is not trusted.',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate of the upstream is not trusted.',
};

/** This process is short of file descriptors, ports or memory for sockets: nothing of it is the upstream's. */
const OWN_SHORTAGE: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

/** What a failed exchange means; `safe` methods may be retried although the upstream may have seen them. */
export function failureOf({ kind, code }: TransportError, safe: boolean): UpstreamFailure {
  if (kind === 'malformed' || kind === 'too-large' || kind === 'bad-encoding') {
    // A body over the limit is one document's matter.
    return new UpstreamFailure({
      problem: 'upstream-bad-response',
      detail: DETAILS[kind],
      countsAsFailure: kind !== 'too-large',
    });
  }
  if (code !== null && OWN_SHORTAGE.has(code)) {
    const detail = 'The gateway could not open another connection.';
    return new UpstreamFailure({ problem: 'gateway-busy', detail, retryAfterSeconds: 1 });
  }
  const detail = (code !== null && kind === 'unreachable' && CONNECT_DETAILS[code]) || DETAILS[kind];
  const retry = safe || kind === 'unreachable' ? 'backoff' : 'never';
  return new UpstreamFailure({ problem: 'upstream-unreachable', detail, retry });
}
