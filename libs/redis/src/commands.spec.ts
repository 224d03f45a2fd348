import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ReplyError } from 'ioredis';
import type { Redis } from 'ioredis';
import { COMMAND_MS } from './client-options.js';
import { commandsOf } from './commands.js';
import { sanitized } from './errors.js';

const replyError = (message: string): Error => new (ReplyError as new (text: string) => Error)(message);

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a command', () => {
  beforeEach(() => {
    // What the runner itself does in a next tick would be counted among the timers.
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([undefined, 2_000])('has its time, whatever the client still does with it: %p', async (commandMs) => {
    const client = { del: () => new Promise(() => undefined) } as unknown as Redis;
    let reason: unknown;
    commandsOf(() => client, commandMs)
      .delete('a')
      .catch((error: unknown) => (reason = error));
    await jest.advanceTimersByTimeAsync((commandMs ?? COMMAND_MS) - 1);
    expect(reason).toBeUndefined();
    jest.advanceTimersByTime(2);
    await turn();
    expect(reason).toMatchObject({ message: 'Command timed out' });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is not sent without a client, and leaves no timer', async () => {
    await expect(commandsOf(() => undefined).delete('a')).rejects.toThrow('not connected');
    const client = { del: async () => 1 } as unknown as Redis;
    await expect(commandsOf(() => client).delete('a')).resolves.toBeUndefined();
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('reads', () => {
  /** A client that holds what its own name says, and remembers what it was asked. */
  function clientThat(mget: (names: readonly string[]) => Promise<(string | null)[]>, isCluster = false) {
    const asked: string[] = [];
    const client = {
      isCluster,
      get: async (name: string) => {
        asked.push(name);
        if (name === 'list') throw replyError('WRONGTYPE Operation against a key');
        return `text of ${name}`;
      },
      mget: async (names: readonly string[]) => {
        asked.push(names.join(' '));
        return mget(names);
      },
    } as unknown as Redis;
    return { asked, client };
  }
  const texts = async (names: readonly string[]) => names.map((name) => (name === 'none' ? null : `text of ${name}`));
  const all = (get: (name: string) => Promise<string | null>, names: readonly string[]) =>
    Promise.allSettled(names.map((name) => get(name)));
  const found = (...names: string[]) => names.map((name) => ({ status: 'fulfilled', value: `text of ${name}` }));

  it('of one turn are one command, each with its own text', async () => {
    const { asked, client } = clientThat(texts);
    const { get } = commandsOf(() => client);
    await expect(all(get, ['a', 'none', 'b'])).resolves.toEqual([
      ...found('a'),
      { status: 'fulfilled', value: null },
      ...found('b'),
    ]);
    await expect(get('c')).resolves.toBe('text of c');
    expect(asked).toEqual(['a none b', 'c']);
  });

  it('that are many are several commands', async () => {
    const { asked, client } = clientThat(texts);
    const names = Array.from({ length: 70 }, (_, index) => `n${index}`);
    await expect(all(commandsOf(() => client).get, names)).resolves.toEqual(found(...names));
    expect(asked.map((line) => line.split(' ').length)).toEqual([32, 32, 6]);
  });

  it('are each for themselves in a cluster, where they live in several places', async () => {
    const { asked, client } = clientThat(texts, true);
    await expect(all(commandsOf(() => client).get, ['a', 'b'])).resolves.toEqual(found('a', 'b'));
    expect(asked).toEqual(['a', 'b']);
  });

  it.each(['NOPERM this user has no permissions', "CROSSSLOT Keys in request don't hash to the same slot"])(
    'are each for themselves where the server says "%s"',
    async (message) => {
      const { asked, client } = clientThat(() => Promise.reject(replyError(message)));
      const { get } = commandsOf(() => client);
      await expect(all(get, ['a', 'list'])).resolves.toMatchObject([
        ...found('a'),
        { status: 'rejected', reason: { word: 'WRONGTYPE' } },
      ]);
      await expect(all(get, ['a', 'b'])).resolves.toEqual(found('a', 'b'));
      expect(asked).toEqual(['a list', 'a', 'list', 'a', 'b']);
    },
  );

  it('fail together with their command, with sanitized errors, and are each for themselves for a while', async () => {
    const { client } = clientThat(() => Promise.reject(new Error('read ECONNRESET 10.0.0.1 hunter2')));
    const next = clientThat(texts);
    const clients = [client];
    const { get } = commandsOf(() => clients[0]);
    const reason = { message: 'Connection lost' };
    await expect(all(get, ['a', 'b'])).resolves.toMatchObject([{ reason }, { reason }]);
    // What failed together made the connection fail: the next one is another.
    clients[0] = next.client;
    await expect(all(get, ['a', 'b'])).resolves.toEqual(found('a', 'b'));
    const later = performance.now() + 31_000;
    const clock = jest.spyOn(performance, 'now').mockReturnValue(later);
    await expect(all(get, ['a', 'b'])).resolves.toEqual(found('a', 'b'));
    clock.mockRestore();
    expect(next.asked).toEqual(['a', 'b', 'a b']);
  });

  it('end in their time, and where the client has gone', async () => {
    const { client } = clientThat(texts);
    const clients = [client, client, undefined];
    const { get } = commandsOf(() => clients.shift());
    const reason = { message: 'not connected' };
    await expect(all(get, ['a', 'b'])).resolves.toMatchObject([{ reason }, { reason }]);
    // What the runner itself does in a next tick would be counted among the timers.
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
    const frozen = clientThat(() => new Promise(() => undefined));
    const late = all(commandsOf(() => frozen.client).get, ['a', 'b']);
    await turn();
    jest.advanceTimersByTime(COMMAND_MS + 1);
    jest.useRealTimers();
    const timedOut = { reason: { message: 'Command timed out' } };
    await expect(late).resolves.toMatchObject([timedOut, timedOut]);
  });
});

describe('sanitized', () => {
  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
    ["OOM command not allowed when used memory > 'maxmemory'. script: abc, on @user_script:1.", 'OOM'],
    ["READONLY You can't write against a read only replica. script: abc, on @user_script:1.", 'READONLY'],
    ["ERR Error running script (call to f_ab): @user_script:1: @user_script: 1: -READONLY You can't write", 'READONLY'],
    ['ERR Error running script (call to f_ab): @user_script:1: OOM command not allowed', 'OOM'],
    ['ERR user_script:1: attempt to perform arithmetic on a nil value', 'ERR'],
    ['NOSCRIPT No matching script. Please use EVAL.', 'NOSCRIPT'],
    ['hunter2', 'ERR'],
  ])('takes one word of "%s"', (message, word) => {
    expect(sanitized(replyError(message))).toMatchObject({ name: 'RedisReplyError', word, message: word });
  });

  it('repeats nothing else', () => {
    const error = sanitized(
      Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), {
        code: 'ECONNREFUSED',
        command: { args: ['hunter2'] },
      }),
    );
    expect(error).toMatchObject({ message: 'Connection lost', code: 'ECONNREFUSED' });
    expect(JSON.stringify(Object.entries(error))).toBe('[["code","ECONNREFUSED"]]');
    const nodes = Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: replyError('NOAUTH x') });
    expect(sanitized(nodes)).toMatchObject({ word: 'NOAUTH' });
    expect(sanitized(new Error('Too many Cluster redirections. Last error: x'))).toMatchObject({ word: 'MOVED' });
  });
});
