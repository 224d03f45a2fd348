/** Told about the connection, as often as it comes and goes. */
export interface ConnectionListener {
  /** Connected, logged in, and the data is loaded. */
  readonly onReady: () => void;
  /** Lost, or an attempt to connect failed; `error` is why, where that is known. */
  readonly onLost: (error: unknown) => void;
  /** The server does not let us subscribe, and says so by this word; `null` when it does. */
  readonly onMessagesRefused: (word: string | null) => void;
}

/** Runs atomically. All its keys share one hash tag, and nobody but its author may write it: arguments are data. */
export interface RedisScript {
  /** For people; the server knows it by its hash. */
  readonly name: string;
  readonly lua: string;
  /** It stores values: a server that takes none is still read. */
  readonly writes?: boolean;
}

/** The few things that are asked of Redis, whatever its topology. Commands reject or answer in bounded time. */
export interface RedisConnection {
  readonly get: (name: string) => Promise<string | null>;
  /** @param ttlMs time to live in milliseconds, at least 1 */
  readonly set: (name: string, text: string, ttlMs: number) => Promise<void>;
  readonly delete: (name: string) => Promise<void>;
  /** What the script returns. It is sent by its hash, and as a whole to a server that does not know it yet. */
  readonly run: (script: RedisScript, names: readonly string[], args: readonly string[]) => Promise<unknown>;
  /**
   * Hears a channel on a connection of its own, from the start to the end of this one. Messages are lost while that
   * connection is; called before {@link start}.
   * @param onReset the subscription begins or begins again: messages may have been missed
   */
  readonly subscribe: (channel: string, onMessage: (message: string) => void, onReset: () => void) => void;
  /** Starts to connect and never gives up. */
  readonly start: () => void;
  /** Drops the connection for a new one. */
  readonly reconnect: () => void;
  /** Hangs up: politely on a server that listens, and in bounded time on any other. */
  readonly close: () => Promise<void>;
}

/** Makes a connection that is not started yet. */
export type OpenRedis = (listener: ConnectionListener) => RedisConnection;
