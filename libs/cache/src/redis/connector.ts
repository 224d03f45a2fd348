import { AbstractConnector } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { connect as connectPlainly, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';
import type { RedisAddress } from './address.js';

/**
 * How a client gets its socket. The library's own listens for one error of each socket, and TLS may have two: that a
 * certificate is refused, and what the server says to that. The second would end the process.
 * @param locate tells where the server is; without it that stands in the options
 */
export function connectorBy(locate?: () => Promise<RedisAddress>): NonNullable<RedisOptions['Connector']> {
  return class extends AbstractConnector {
    readonly #options: RedisOptions;

    constructor(options: unknown) {
      const known = options as RedisOptions;
      super(known.disconnectTimeout ?? 0);
      this.#options = known;
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      const { tls, host = '', port = 0 } = this.#options;
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
