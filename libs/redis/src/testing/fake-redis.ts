import { RedisReplyError } from '../errors.js';
import type { ConnectionListener, RedisConnection } from '../connection.js';

/** A server under the test's thumb: every command goes through `behave`. */
export class FakeRedis {
  readonly sent: string[] = [];
  readonly values = new Map<string, string>();
  /** Milliseconds, of all values that were ever set. It expires nothing, like a server whose clock stands still. */
  readonly ttls: number[] = [];
  behave: (command: string, name: string) => Promise<void> | void = () => undefined;
  answer: (args: readonly string[], script: string) => unknown = (args) => args;
  /** Tells who subscribed last. */
  publish: (message: string) => void = () => undefined;
  reconnects = 0;
  closed = 0;
  listener!: ConnectionListener;

  readonly open = (listener: ConnectionListener): RedisConnection => {
    this.listener = listener;
    return {
      get: async (name) => {
        await this.run('get', name);
        return this.values.get(name) ?? null;
      },
      set: async (name, text, ttlMs) => {
        await this.run('set', name);
        this.ttls.push(ttlMs);
        this.values.set(name, text);
      },
      delete: async (name) => {
        await this.run('del', name);
        this.values.delete(name);
      },
      run: async ({ name: script }, names, args) => {
        await this.run(script, names.join(','));
        return this.answer(args, script);
      },
      subscribe: (channel, onMessage) => {
        this.sent.push(`subscribe ${channel}`);
        this.publish = onMessage;
      },
      start: () => undefined,
      reconnect: () => {
        this.reconnects += 1;
      },
      close: async () => {
        this.closed += 1;
      },
    };
  };

  private async run(command: string, name: string): Promise<void> {
    this.sent.push(`${command} ${name}`);
    await this.behave(command, name);
  }
}

/** A behaviour that refuses these commands. */
export const refuse =
  (word: string, ...commands: readonly string[]) =>
  (command: string): void => {
    if (commands.includes(command)) throw new RedisReplyError(word);
  };
