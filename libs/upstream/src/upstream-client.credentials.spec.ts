import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import type { CredentialsSettings } from './upstream-settings.js';
import { failureIn, reply, setUp, TARGET, within } from './testing/toy-upstream.js';
import type { Sent } from './testing/toy-upstream.js';

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(new ConsoleLogger()));

const PASSWORD: CredentialsSettings = { mode: 'password', domain: 'd', user: 'u', password: 'Passw0rd!' };

it('a signature that was refused with 401: not tried again, even where the code says unavailable', async () => {
  const refused = reply(401, { error_code: 'APIGW.0613', error_msg: 'x' });
  const { client, sent } = setUp([refused, refused], { mode: 'aksk', accessKey: 'ak', secretKey: 'sk' });
  expect(await failureIn(client.lookup(TARGET, null, within()))).toMatchObject({ slug: 'upstream-unavailable' });
  expect(sent).toHaveLength(1);
});

describe('a token that the upstream calls expired', () => {
  const expired = () => reply(401, { error_code: 'TOY.1', error_msg: 'x' });
  const tokens = (sent: readonly Sent[]) => sent.map(({ headers }) => headers['x-auth-token']);

  it('the token of a login: replaced once, and the task is asked for once more', async () => {
    const { client, sent, logins } = setUp([expired()], PASSWORD);
    await client.lookup(TARGET, null, within());
    expect([tokens(sent), logins.length]).toEqual([['token-1', 'token-2'], 2]);
    await client.lookup(TARGET, null, within());
    expect([sent.length, logins.length]).toEqual([3, 2]);
  });

  it('its successor, expired as well: not replaced in the same lookup', async () => {
    const { client, sent, logins } = setUp([expired(), expired(), expired()], PASSWORD);
    expect(await failureIn(client.lookup(TARGET, null, within()))).toMatchObject({
      slug: 'upstream-credentials-rejected',
    });
    expect([sent.length, logins.length]).toEqual([2, 2]);
  });

  it('after all retries: one more with the new token', async () => {
    const unavailable = () => reply(503, {});
    const { client, sent, logins } = setUp([unavailable(), unavailable(), expired(), unavailable()], PASSWORD);
    expect(await failureIn(client.lookup(TARGET, null, within()))).toMatchObject({ slug: 'upstream-unavailable' });
    expect([sent.length, logins.length]).toEqual([4, 2]);
  });

  it.each<[string, CredentialsSettings]>([
    ["the caller's own", { mode: 'passthrough' }],
    ['a signature', { mode: 'aksk', accessKey: 'ak', secretKey: 'sk' }],
  ])('%s: not sent again', async (_name, credentials) => {
    const { client, sent, logins } = setUp([expired(), expired()], credentials);
    expect(await failureIn(client.lookup(TARGET, 'x', within()))).toMatchObject({
      slug: 'upstream-credentials-rejected',
    });
    expect([sent.length, logins.length]).toEqual([1, 0]);
  });

  it('a token that was refused for another reason: not replaced', async () => {
    const { client, sent, logins } = setUp([reply(401, { error_code: 'TOY.2', error_msg: 'x' })], PASSWORD);
    expect(await failureIn(client.lookup(TARGET, null, within()))).toMatchObject({
      slug: 'upstream-credentials-rejected',
    });
    expect([sent.length, logins.length]).toEqual([1, 1]);
  });
});
