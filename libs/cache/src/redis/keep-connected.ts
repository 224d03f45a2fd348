import { ReplyError } from 'ioredis';
import type { Cluster, Redis } from 'ioredis';
import { HANG_UP_MS, reconnectDelay } from './client-options.js';

/** A client that is always there or about to be. */
export interface Link<Client> {
  readonly current: () => Client | undefined;
  readonly start: () => void;
  /** Throws the present client away, or ends the wait for the next one. @param reason told as the reason of the loss */
  readonly reconnect: (reason?: unknown) => void;
  /** Resolves when the connection is gone, or was given up. */
  readonly close: () => Promise<void>;
}

export interface LinkListener<Client> {
  /** Looks at a connected client before it counts as one; a rejection loses it. */
  readonly inspect: (client: Client) => Promise<void>;
  readonly onReady: (client: Client) => void;
  readonly onLost: (error: unknown) => void;
}

/**
 * Connects, and again after every loss. Each attempt has a client of its own, so that nothing of an old connection
 * (commands that wait, answers that are late, state of a half-done login) gets into the next one.
 * @param create makes a client that does not connect by itself
 */
export function keepConnected<Client extends Redis | Cluster>(
  create: () => Client,
  { inspect, onReady, onLost }: LinkListener<Client>,
): Link<Client> {
  let current: Client | undefined;
  let retry: NodeJS.Timeout | undefined;
  let attempt = 0;
  let closed = false;

  function start(): void {
    retry = undefined;
    const client = create();
    current = client;
    let reason: unknown;
    client.on('error', (error: unknown) => {
      reason = error;
      // The client would go on without the database that it could not select.
      if (error instanceof ReplyError) lose(client, error);
    });
    client.once('end', () => {
      lose(client, reason);
    });
    void connect(client).catch((error: unknown) => {
      lose(client, reason ?? error);
    });
  }

  async function connect(client: Client): Promise<void> {
    await client.connect();
    await inspect(client);
    if (client !== current) return;
    attempt = 0;
    onReady(client);
  }

  function lose(client: Client, error: unknown): void {
    if (client !== current) return;
    current = undefined;
    client.disconnect();
    wait();
    onLost(error);
  }

  function wait(): void {
    attempt += 1;
    retry = setTimeout(start, reconnectDelay(attempt)).unref();
  }

  return {
    current: () => current,
    start,
    reconnect: (reason) => {
      if (closed) return;
      attempt = 0;
      if (current !== undefined) lose(current, reason);
      else if (retry !== undefined) {
        clearTimeout(retry);
        wait();
      }
    },
    close: async () => {
      closed = true;
      clearTimeout(retry);
      const client = current;
      current = undefined;
      if (client !== undefined) await hangUp(client);
    },
  };
}

/** A frozen server is not waited for. */
function hangUp(client: Redis | Cluster): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, 2 * HANG_UP_MS);
    client.once('end', () => {
      clearTimeout(late);
      resolve();
    });
    client.disconnect();
  });
}
