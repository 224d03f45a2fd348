/** Told about the connection, as often as it comes and goes. */
export interface ConnectionListener {
  /** Connected, logged in, and the data is loaded. */
  readonly onReady: () => void;
  /** Lost, or an attempt to connect failed; `error` is why, where that is known. */
  readonly onLost: (error: unknown) => void;
}

/** The few things that the cache asks of Redis, whatever its topology. Commands reject or answer in bounded time. */
export interface RedisConnection {
  readonly get: (name: string) => Promise<string | null>;
  /** @param ttlMs time to live in milliseconds, at least 1 */
  readonly set: (name: string, text: string, ttlMs: number) => Promise<void>;
  readonly delete: (name: string) => Promise<void>;
  /** Starts to connect and never gives up. */
  readonly start: () => void;
  /** Drops the connection for a new one. */
  readonly reconnect: () => void;
  /** Says goodbye if the server listens, and hangs up in any case. */
  readonly close: () => Promise<void>;
}

/** Makes a connection that is not started yet. */
export type OpenRedis = (listener: ConnectionListener) => RedisConnection;

/** A server's refusal of one command: it is alive and speaks to us. */
export class RedisRefusal extends Error {
  override readonly name = 'RedisRefusal';
  /** Its first word: `OOM`, `READONLY`, `NOAUTH`. */
  readonly word: string;

  constructor(word: string) {
    super(word);
    this.word = word;
  }
}
