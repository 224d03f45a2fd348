import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newApiKey } from '../support/api-keys.js';
import { eventually } from '../support/eventually.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import type { RequestHeaders } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';
import { taskIn } from '../support/tasks.js';

const TASK = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
const SECRET = 'a-secret-of-at-least-32-characters';
const CHALLENGE = 'X-API-Key realm="task-gateway"';
const first = newApiKey('first');
const second = newApiKey('second');

let gateway: Gateway;
beforeAll(async () => {
  const access = { mode: 'apiKey', principalSecret: '${SECRET}', apiKeys: [first.entry, second.entry] };
  gateway = await startGateway({ config: { access }, secrets: { SECRET } });
});
afterAll(() => gateway.close());

describe('an API key', () => {
  it.each([first, second])('known: opens the gateway', async ({ key }) => {
    expect(taskIn(await gateway.get(TASK, { 'x-api-key': key })).status).toBe('succeeded');
  });

  it('hash in capitals in the configuration: known all the same', async () => {
    const { key, entry } = newApiKey('capitals');
    const apiKeys = [{ ...entry, sha256: entry.sha256.toUpperCase() }];
    const other = await startGateway({ simulator: gateway.simulator, config: { access: { mode: 'apiKey', apiKeys } } });
    const reply = await other.get(TASK, { 'x-api-key': key });
    await other.close();
    expect(reply.status).toBe(200);
  });

  it.each<RequestHeaders>([
    {},
    { 'x-auth-token': 'a-cloud-token' },
    { authorization: 'Bearer x' },
    { authorization: ['Bearer x', 'Bearer y'] },
  ])('none sent, but %j: 401 that asks for one', async (headers) => {
    const reply = await gateway.get(TASK, headers);
    expectProblem(gateway, reply, 'unauthenticated', { detail: 'Send your key as X-API-Key.' });
    expect(reply.headers['www-authenticate']).toBe(CHALLENGE);
  });

  it.each([
    ['another', 'x'],
    ['a longer', `${first.key}x`],
    ['a shorter', first.key.slice(0, -1)],
    ['a capital', first.key.toUpperCase()],
    ['the hash of a', first.entry.sha256],
    ['a very long', 'x'.repeat(16_384)],
  ])('%s one: 401', async (_, key) => {
    for (const path of [
      TASK,
      '/tasks/ims/00000000000000000000000000000000',
      '/providers',
      '/tasks/nowhere/x',
      '/tasks/ims/',
    ]) {
      const reply = await gateway.get(path, { 'x-api-key': key });
      expectProblem(gateway, reply, 'unauthenticated', { detail: 'The key in X-API-Key is not known.' });
      expect(reply.headers['www-authenticate']).toBe(CHALLENGE);
    }
  });

  it('sent twice, or malformed: 400', async () => {
    const { key } = first;
    const several = [[key, key], [key, 'x'], ['x', key], `${key}, ${key}`, `${key},x`, '', 'a b', '"x"'];
    for (const given of several) {
      const reply = await gateway.get(TASK, { 'x-api-key': given });
      const detail = 'X-API-Key must be one key of visible ASCII characters, without quotes, commas and backslashes.';
      expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, header: 'X-API-Key' }] });
    }
  });

  it('wrong with a cloud token that is, too: both are reported', async () => {
    const headers = { 'x-api-key': first.key, 'x-auth-token': ['a', 'b'] };
    const reply = await gateway.get(`${TASK}?colour=red`, headers);
    expect(reply.body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ parameter: 'colour' }, { header: 'X-Auth-Token' }],
    });
  });

  it('access log: holds no key, but a principal that replicas agree on', async () => {
    const lineOf = async (id: string, headers: RequestHeaders): Promise<Readonly<Record<string, unknown>>> => {
      await gateway.get(TASK, { ...headers, 'x-request-id': id });
      const lines = () => gateway.logs.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
      await eventually(() => lines().some(({ requestId }) => requestId === id));
      return lines().find(({ requestId }) => requestId === id) ?? {};
    };
    const principal = (token: string | null): string =>
      createHmac('sha256', SECRET)
        .update(JSON.stringify(['apiKey', first.entry.sha256, token]))
        .digest('base64url');
    const alone = await lineOf('alone', { 'x-api-key': first.key });
    expect(alone).toMatchObject({ status: 200, principal: principal(null) });
    const both = await lineOf('both', { 'x-api-key': first.key, 'x-auth-token': 'a-cloud-token' });
    expect(both).toMatchObject({ status: 200, principal: principal('a-cloud-token') });
    const wrong = await lineOf('wrong', { 'x-api-key': 'a-wrong-key' });
    expect(wrong).toMatchObject({ status: 401 });
    expect(wrong).not.toHaveProperty('principal');
    for (const secret of [first.key, second.key, 'a-cloud-token', 'a-wrong-key', SECRET])
      expect(gateway.logs.join('\n')).not.toContain(secret);
  });
});
