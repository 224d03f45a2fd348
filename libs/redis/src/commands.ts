import { hash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { COMMAND_MS } from './client-options.js';
import { RedisReplyError, sanitized } from './errors.js';

/** Runs atomically. All its keys share one hash tag, and nobody but its author may write it: arguments are data. */
export interface RedisScript {
  /** For people; the server knows it by its hash. */
  readonly name: string;
  readonly lua: string;
  /** It stores values: a server that takes none is still read. */
  readonly writes?: boolean;
}

/** They reject or answer in bounded time. */
export interface RedisCommands {
  readonly get: (name: string) => Promise<string | null>;
  /** @param ttlMs time to live in milliseconds, at least 1 */
  readonly set: (name: string, text: string, ttlMs: number) => Promise<void>;
  readonly delete: (name: string) => Promise<void>;
  /** What the script returns. It is sent by its hash, and as a whole to a server that does not know it yet. */
  readonly run: (script: RedisScript, names: readonly string[], args: readonly string[]) => Promise<unknown>;
}

/** Texts that are read with one command at most: they share its time. */
const MAX_READS = 32;
/** Milliseconds for which texts are read one by one after they were too much together: some come in time that way. */
const APART_MS = 30_000;

interface Read {
  readonly name: string;
  readonly resolve: (text: string | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The commands of a connection: each ends within its time, and fails with {@link sanitized} errors only.
 * @param commandMs that time, in milliseconds
 */
export function commandsOf(current: () => Redis | Cluster | undefined, commandMs = COMMAND_MS): RedisCommands {
  const hashes = new Map<string, string>();
  /** Servers that refuse to read several texts at once: by their rights, or because the keys live in several places. */
  const oneByOne = new WeakSet<Redis | Cluster>();
  let apartUntil = -Infinity;
  let reads: Read[] = [];

  async function ask<Client extends Redis | Cluster, Reply>(
    client: Client,
    command: (client: Client) => Promise<Reply>,
  ): Promise<Reply> {
    try {
      return await inTime(command(client), commandMs, turns.get(client));
    } catch (error) {
      throw sanitized(error);
    }
  }

  async function send<Reply>(command: (client: Redis | Cluster) => Promise<Reply>): Promise<Reply> {
    const client = current();
    if (client === undefined) throw new Error('not connected');
    sendTogether(client);
    return ask(client, command);
  }

  const get = (name: string): Promise<string | null> => send((client) => client.get(name));

  /**
   * Reads of one turn of the event loop are one command: with one for each, an answer from Redis cost 1.9 instead of 1.6
   * times bare node:http with a GET (`npm run bench -- --suite hit`).
   */
  function readTogether(): void {
    const batch = reads;
    const client = current();
    reads = [];
    if (batch.length < 2 || client === undefined) {
      for (const { name, resolve, reject } of batch) get(name).then(resolve, reject);
      return;
    }
    ask(client, (redis) => redis.mget(batch.map(({ name }) => name))).then(
      (texts) => batch.forEach(({ resolve }, index) => resolve(texts[index] ?? null)),
      (reason: unknown) => {
        if (!(reason instanceof RedisReplyError)) {
          apartUntil = performance.now() + APART_MS;
          for (const { reject } of batch) reject(reason);
          return;
        }
        oneByOne.add(client);
        for (const { name, resolve, reject } of batch) get(name).then(resolve, reject);
      },
    );
  }

  return {
    get: (name) => {
      const client = current();
      if (client === undefined || client.isCluster || oneByOne.has(client) || performance.now() < apartUntil)
        return get(name);
      return new Promise((resolve, reject) => {
        if (reads.push({ name, resolve, reject }) === 1) setImmediate(readTogether);
        else if (reads.length === MAX_READS) readTogether();
      });
    },
    set: async (name, text, ttlMs) => {
      await send((client) => client.set(name, text, 'PX', ttlMs));
    },
    delete: async (name) => {
      await send((client) => client.del(name));
    },
    run: async ({ lua }, names, args) => {
      const known = hashes.get(lua) ?? hash('sha1', lua, 'hex');
      hashes.set(lua, known);
      const rest = [...names, ...args];
      try {
        return await send((client) => client.evalsha(known, names.length, ...rest));
      } catch (error) {
        // New, restarted or after a failover: EVAL also makes it known.
        if (!(error instanceof RedisReplyError) || error.word !== 'NOSCRIPT') throw error;
        return await send((client) => client.eval(lua, names.length, ...rest));
      }
    },
  };
}

/** Commands that leave together. */
interface Turn {
  /** By the monotonic clock. */
  leftAt: number;
}

const turns = new WeakMap<Redis | Cluster, Turn>();

/**
 * Commands of one turn of the event loop leave in one write: a write for each costs more than all else about it, a fifth
 * of an answer from Redis (`npm run bench -- --suite hit`). Unlike the client's own pipelining it is left to the socket.
 */
function sendTogether(client: Redis | Cluster): void {
  if (!('stream' in client) || client.stream === undefined || turns.has(client)) return;
  const { stream } = client;
  const turn: Turn = { leftAt: Infinity };
  turns.set(client, turn);
  stream.cork();
  setImmediate(() => {
    turns.delete(client);
    turn.leftAt = performance.now();
    stream.uncork();
  });
}

/**
 * Not left to the client: in a cluster it starts the time anew at each redirection. And its timers come first after a
 * busy moment of this process, while the answers that arrived in the meantime are still unread, and what was sent in
 * it has only just left: a crowd of callers would be taken for a Redis that does not answer.
 */
function inTime<Reply>(reply: Promise<Reply>, commandMs: number, turn?: Readonly<Turn>): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let unread: NodeJS.Immediate | undefined;
    const wait = (ms: number): NodeJS.Timeout =>
      setTimeout(() => {
        const goneMs = turn === undefined ? ms : Math.max(0, performance.now() - turn.leftAt);
        if (goneMs < commandMs) late = wait(commandMs - goneMs);
        else unread = setImmediate(() => reject(new Error('Command timed out')));
      }, ms);
    let late = wait(commandMs);
    const end = (): void => {
      clearTimeout(late);
      clearImmediate(unread);
    };
    const settle = (value: Reply): void => {
      end();
      resolve(value);
    };
    const fail = (error: unknown): void => {
      end();
      reject(error);
    };
    reply.then(settle, fail);
  });
}
