import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { TaskAddress } from '@gateway/tasks';
import { AT, failureIn, PROVIDER, setUp, TARGET, within } from './testing/toy-upstream.js';
import type { Sent } from './testing/toy-upstream.js';

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(new ConsoleLogger()));

describe('a lookup', () => {
  it('a request: holds what is needed and nothing else', async () => {
    const { client, sent } = setUp([]);
    const { reading } = await client.lookup(TARGET, 'token-of-the-caller', within());
    expect(reading.task).toMatchObject({ id: 't1', status: 'succeeded' });
    const [{ method, url, headers, body, options } = {} as Sent] = sent;
    expect({ method, url: url.href, headers, body }).toEqual({
      method: 'GET',
      url: 'https://toy-host.example.com/v1/p1/toys/t1',
      headers: {
        accept: 'application/json',
        'accept-encoding': 'gzip',
        'user-agent': 'task-gateway',
        'x-auth-token': 'token-of-the-caller',
      },
      body: undefined,
    });
    expect({ bodyBytes: options.bodyBytes, attemptMs: options.attemptMs }).toEqual({
      bodyBytes: 1_000,
      attemptMs: 4_000,
    });
  });

  it('a provider with an own address and body limit: asked there, and read up to it', async () => {
    const { client, sent } = setUp([]);
    await client.lookup({ ...TARGET, provider: { ...PROVIDER, id: 'other' } }, 'token-of-the-caller', within());
    expect(sent[0]?.url.href).toBe('https://elsewhere.example.com/v1/p1/toys/t1');
    expect(sent[0]?.options.bodyBytes).toBe(7);
  });

  it('headers that the provider declares: sent besides the usual ones, or instead of them', async () => {
    const { client, sent } = setUp([]);
    const headers = { accept: 'application/vnd.toy+json', 'x-toy-version': '7' };
    await client.lookup({ ...TARGET, provider: { ...PROVIDER, headers } }, 'token-of-the-caller', within());
    expect(sent[0]?.headers).toEqual({
      'accept-encoding': 'gzip',
      'user-agent': 'task-gateway',
      'x-auth-token': 'token-of-the-caller',
      ...headers,
    });
  });

  it('no token, an unknown region, or an id that makes no address: fails, and nothing is sent', async () => {
    const { client, sent } = setUp([]);
    expect(await failureIn(client.lookup(TARGET, null, within()))).toMatchObject({
      slug: 'upstream-credentials-rejected',
    });
    await expect(
      client.lookup({ ...TARGET, address: new TaskAddress({ ...AT, region: 'r2' }) }, 'x', within()),
    ).rejects.toThrow('region r2 is not configured');
    expect(
      await failureIn(client.lookup({ ...TARGET, address: new TaskAddress({ ...AT, id: '..' }) }, 'x', within())),
    ).toMatchObject({
      slug: 'validation-failed',
    });
    expect(sent).toHaveLength(0);
  });

  it('a caller who has left: gets its own reason, and nothing is sent', async () => {
    const { client, sent } = setUp([]);
    const reason = new Error('gone');
    expect(await failureIn(client.lookup(TARGET, 'x', within(AbortSignal.abort(reason))))).toBe(reason);
    expect(sent).toHaveLength(0);
  });

  it('an error that is a bug: passed on as it is', async () => {
    const bug = new TypeError('a bug');
    const { client, sent } = setUp([bug]);
    expect(await failureIn(client.lookup(TARGET, 'x', within()))).toBe(bug);
    expect(sent).toHaveLength(1);
  });
});
