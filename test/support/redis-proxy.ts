import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface RedisProxy {
  readonly port: number;
  /** `hold` keeps answers back until the mode changes; `loading` answers reads like a server that is starting. */
  mode: 'pass' | 'hold' | 'loading';
  /** So far. */
  readonly connections: () => number;
  readonly stop: () => void;
}

/** Stands between a client and a Redis, and is as slow as it is told. */
export async function startRedisProxy(port: number): Promise<RedisProxy> {
  const held: (() => void)[] = [];
  let mode: RedisProxy['mode'] = 'pass';
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => other.destroy());
    }
    client.on('data', (data) => {
      const reads = mode === 'loading' ? (data.toString().match(/\r\nget\r\n/g) ?? []).length : 0;
      if (reads === 0) upstream.write(data);
      client.write('-LOADING Redis is loading the dataset in memory\r\n'.repeat(reads));
    });
    upstream.on('data', (data) => {
      const answer = (): void => void (client.writable && client.write(data));
      if (mode === 'hold') held.push(answer);
      else answer();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get mode() {
      return mode;
    },
    set mode(next) {
      mode = next;
      if (mode !== 'hold') for (const answer of held.splice(0)) answer();
    },
    connections: () => connections,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
