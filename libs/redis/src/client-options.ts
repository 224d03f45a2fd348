import { AbstractConnector } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { connect as connectPlainly, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely, createSecureContext } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { readCertificates } from './settings.js';
import type { RedisAddress, RedisTlsSettings } from './settings.js';

/** Milliseconds. What one request may lose to a Redis that does not answer, unless the settings say otherwise. */
export const COMMAND_MS = 150;
/** Milliseconds. What may take a while, because nobody waits for it: connecting, logging in, looking around. */
export const CONNECT_MS = 1_000;
/** Milliseconds between hanging up politely and destroying the socket. */
export const HANG_UP_MS = 100;
const RECONNECT_BASE_MS = 50;
const RECONNECT_CAP_MS = 5_000;

/**
 * A command that cannot be sent or answered now is a miss now: nothing waits for a connection, nothing is repeated, and
 * a client whose connection is lost is thrown away.
 */
export const CLIENT_OPTIONS = {
  Connector: connectorBy(),
  connectTimeout: CONNECT_MS,
  // Of what the client itself sends; ours have less.
  commandTimeout: CONNECT_MS,
  disconnectTimeout: HANG_UP_MS,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  // Whether the server serves is seen by the first read, which needs no permission to look around.
  enableReadyCheck: false,
  // Nor does it introduce itself.
  disableClientInfo: true,
  lazyConnect: true,
  retryStrategy: () => null,
} as const satisfies RedisOptions;

/** Milliseconds. Doubles up to the cap, and spreads the gateways that lost the same server over the upper half of each step. */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  const step = Math.min(RECONNECT_CAP_MS, RECONNECT_BASE_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(step / 2 + (step / 2) * random());
}

/**
 * How a client gets its socket. The library's own listens for one error of each socket, and TLS may have two: that a
 * certificate is refused, and what the server says to that. The second would end the process.
 * @param locate tells where the server is; without it that stands in the options
 */
export function connectorBy(locate?: () => Promise<RedisAddress>): NonNullable<RedisOptions['Connector']> {
  return class extends AbstractConnector {
    private readonly options: RedisOptions;

    constructor(options: unknown) {
      super((options as RedisOptions).disconnectTimeout ?? 0);
      this.options = options as RedisOptions;
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      const { tls, host = '', port = 0 } = this.options;
      const address = locate === undefined ? { host, port } : await locate();
      if (!this.connecting) throw new Error('Disconnected');
      // Asked for by name, because one address may serve several.
      const named = isIP(address.host) === 0 ? { servername: address.host } : {};
      const socket = tls === undefined ? connectPlainly(address) : connectSecurely({ ...named, ...address, ...tls });
      socket.on('error', (error) => {
        this.firstError ??= error;
      });
      this.stream = socket;
      return socket;
    }
  };
}

/**
 * Options of Node's `tls.connect`, apart from where to.
 * @throws Error for a file that cannot be read
 */
export function tlsOptions(settings: true | RedisTlsSettings): ConnectionOptions {
  const { caFile, serverName } = settings === true ? ({} as RedisTlsSettings) : settings;
  return {
    // Said, because an environment variable could say otherwise.
    rejectUnauthorized: true,
    ...(serverName === undefined ? {} : { servername: serverName }),
    ...(caFile === undefined ? {} : { secureContext: createSecureContext({ ca: [...readCertificates(caFile)] }) }),
  };
}
