import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { DONE, failureIn, reply, setUp, TARGET, within } from './testing/toy-upstream.js';

/** Names, as a program without this code would use them. */
const ATTEMPT = 'tracing:task-gateway:upstream.attempt';
const LOOKUP = 'tracing:task-gateway:upstream.lookup';
const WORD = 'task-gateway:upstream.unmapped-word';

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(new ConsoleLogger()));

/** Messages of a channel while something is done, as they are at its end. */
async function heard(name: string, work: () => Promise<unknown>): Promise<readonly object[]> {
  const messages: object[] = [];
  const listen = (message: unknown): void => void messages.push(message as object);
  subscribe(name, listen);
  try {
    await work();
  } finally {
    unsubscribe(name, listen);
  }
  return messages;
}

describe('channels of upstreams', () => {
  it('attempt: told with where and how it ended, without ids and credentials', async () => {
    const { client } = setUp([reply(503, ''), DONE]);
    const messages = await heard(`${ATTEMPT}:asyncEnd`, () => client.lookup(TARGET, 'the-own-token', within()));
    const place = {
      provider: 'toy',
      region: 'r1',
      method: 'GET',
      origin: 'https://toy-host.example.com',
      template: '/v1/{projectId}/toys/{id}',
    };
    expect(messages).toMatchObject([
      { ...place, resends: 0, status: 503, error: { slug: 'upstream-unavailable' } },
      { ...place, resends: 1, status: 200, result: { reading: { kind: 'task' } } },
    ]);
    const [failed] = messages as readonly { readonly error?: unknown }[];
    const { error: _, ...message } = failed ?? {};
    expect(JSON.stringify(message)).not.toMatch(/the-own-token|t1|p1/);
  });

  it('attempt, headers that a subscriber adds: sent, and never instead of credentials', async () => {
    const { client, sent } = setUp([]);
    const add = (message: unknown): void => {
      Object.assign((message as { readonly headers: object }).headers, { traceparent: 'x', 'x-auth-token': 'forged' });
    };
    subscribe(`${ATTEMPT}:start`, add);
    await client.lookup(TARGET, 'the-own-token', within()).finally(() => unsubscribe(`${ATTEMPT}:start`, add));
    expect(sent[0]?.headers).toMatchObject({ traceparent: 'x', 'x-auth-token': 'the-own-token' });
  });

  it('login: an attempt of the identity service', async () => {
    const { client } = setUp([], { mode: 'password', domain: 'd', user: 'u', password: 'secret-of-the-gateway' });
    const messages = await heard(`${ATTEMPT}:asyncEnd`, () => client.lookup(TARGET, null, within()));
    expect(messages).toMatchObject([
      { provider: 'iam', region: 'r1', method: 'POST', origin: 'https://iam.example.com', status: 201 },
      { provider: 'toy', status: 200 },
    ]);
  });

  it('lookup: told once, however many attempts it takes', async () => {
    const { client } = setUp([reply(503, ''), DONE]);
    const messages = await heard(`${LOOKUP}:asyncEnd`, () => client.lookup(TARGET, 'x', within()));
    expect(messages).toMatchObject([{ provider: 'toy', region: 'r1' }]);
  });

  it('word that no table holds: told each time, without the word', async () => {
    const { client } = setUp([reply(200, { id: 't1', word: 'NEW' }), reply(400, { error_code: 'TOY.9' })]);
    const messages = await heard(WORD, async () => {
      await client.lookup(TARGET, 'x', within());
      await failureIn(client.lookup(TARGET, 'x', within()));
    });
    expect(messages).toEqual([
      { provider: 'toy', kind: 'status word' },
      { provider: 'toy', kind: 'error code' },
    ]);
  });
});
