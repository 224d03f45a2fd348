import { ReplyError } from 'ioredis';
import type { Cluster, Redis } from 'ioredis';
import { HANG_UP_MS, reconnectDelay } from './client-options.js';

interface ClientListener<Client> {
  /** Looks at a connected client before it is in use; a rejection loses it. */
  readonly inspect: (client: Client) => Promise<void>;
  readonly onReady: (client: Client) => void;
  readonly onLost: (error: unknown) => void;
}

/**
 * Connects, and again after every loss. Each attempt has a client of its own, so that nothing of an old connection
 * (commands that wait, answers that are late, state of a half-done login) gets into the next one.
 */
export class ReconnectingClient<Client extends Redis | Cluster> {
  private client: Client | undefined;
  private retry: NodeJS.Timeout | undefined;
  private attempt = 0;
  private closed = false;

  /** @param create makes a client that does not connect by itself */
  constructor(
    private readonly create: () => Client,
    private readonly listener: ClientListener<Client>,
  ) {}

  /** The present client, connected or connecting; undefined while the next attempt is waited for. */
  get current(): Client | undefined {
    return this.client;
  }

  start(): void {
    this.retry = undefined;
    const client = this.create();
    this.client = client;
    let reason: unknown;
    client.on('error', (error: unknown) => {
      reason = error;
      // The client would go on without the database that it could not select.
      if (error instanceof ReplyError) this.lose(client, error);
    });
    client.once('end', () => this.lose(client, reason));
    void this.connect(client).catch((error: unknown) => this.lose(client, reason ?? error));
  }

  /** Throws the present client away, or ends the wait for the next one. @param reason passed on as that of the loss */
  reconnect(reason?: unknown): void {
    if (this.closed) return;
    this.attempt = 0;
    if (this.client !== undefined) this.lose(this.client, reason);
    else if (this.retry !== undefined) {
      clearTimeout(this.retry);
      this.wait();
    }
  }

  /** Resolves when the connection is gone, or was given up: a frozen server is not waited for. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    const { client } = this;
    this.client = undefined;
    if (client === undefined) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, 2 * HANG_UP_MS);
      client.once('end', () => {
        clearTimeout(late);
        resolve();
      });
      client.disconnect();
    });
  }

  private async connect(client: Client): Promise<void> {
    await client.connect();
    await this.listener.inspect(client);
    if (client !== this.client) return;
    this.attempt = 0;
    this.listener.onReady(client);
  }

  private lose(client: Client, error: unknown): void {
    if (client !== this.client) return;
    this.client = undefined;
    client.disconnect();
    this.wait();
    this.listener.onLost(error);
  }

  private wait(): void {
    this.attempt += 1;
    this.retry = setTimeout(() => this.start(), reconnectDelay(this.attempt)).unref();
  }
}
