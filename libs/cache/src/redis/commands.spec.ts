import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ReplyError } from 'ioredis';
import type { Redis } from 'ioredis';
import { COMMAND_MS } from './client-options.js';
import { commandsOf } from './commands.js';
import { worded } from './worded.js';

const refusal = (message: string): Error => new (ReplyError as new (text: string) => Error)(message);

describe('a command', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('has its time, whatever the client still does with it', async () => {
    const client = { get: () => new Promise(() => undefined) } as unknown as Redis;
    let reason: unknown;
    commandsOf(() => client)
      .get('a')
      .catch((error: unknown) => (reason = error));
    await jest.advanceTimersByTimeAsync(COMMAND_MS - 1);
    expect(reason).toBeUndefined();
    await jest.advanceTimersByTimeAsync(2);
    expect(reason).toMatchObject({ message: 'Command timed out' });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is not sent without a client, and leaves no timer', async () => {
    await expect(commandsOf(() => undefined).get('a')).rejects.toThrow('not connected');
    const client = { get: async () => 'x' } as unknown as Redis;
    await expect(commandsOf(() => client).get('a')).resolves.toBe('x');
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('worded', () => {
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
    expect(worded(refusal(message))).toMatchObject({ name: 'RedisRefusal', word, message: word });
  });

  it('repeats nothing else', () => {
    const told = worded(
      Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), {
        code: 'ECONNREFUSED',
        command: { args: ['hunter2'] },
      }),
    );
    expect(told).toMatchObject({ message: 'Connection lost', code: 'ECONNREFUSED' });
    expect(JSON.stringify(Object.entries(told))).toBe('[["code","ECONNREFUSED"]]');
    const nodes = Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError: refusal('NOAUTH x') });
    expect(worded(nodes)).toMatchObject({ word: 'NOAUTH' });
    expect(worded(new Error('Too many Cluster redirections. Last error: x'))).toMatchObject({ word: 'MOVED' });
  });
});
