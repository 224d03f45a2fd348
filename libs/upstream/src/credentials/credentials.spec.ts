import { describe, expect, it } from '@jest/globals';
import { keyCredentials, passthroughCredentials, tokenCredentials } from './credentials.js';
import { signRequest } from './sign-request.js';

const KEY = { accessKey: 'AccessKey', secretKey: 'SecretKey' };
const NOW = new Date('2006-01-02T15:04:05Z');
const url = new URL('https://ims.example.com/v1/p1/jobs/j1');
const authorize = (key: Parameters<typeof keyCredentials>[0], projectId: string | null, callerToken: string | null) =>
  keyCredentials(key, () => NOW).authorize(
    { method: 'GET', url, headers: { accept: 'application/json' }, projectId },
    callerToken,
    new AbortController().signal,
  );

describe.each([
  ['open-telekom-cloud', 'x-auth-token', ''],
  ['huawei-cloud', 'x-auth-token', ''],
  ['hetzner', 'authorization', 'Bearer '],
  ['digitalocean', 'authorization', 'Bearer '],
  ['gitlab', 'authorization', 'Bearer '],
  ['github', 'authorization', 'Bearer '],
] as const)('a token for %s', (cloud, header, scheme) => {
  const request = { method: 'GET', url, headers: {}, projectId: null } as const;
  const { signal } = new AbortController();

  it("a caller's own: goes where the cloud reads it, and comes back out of no answer", async () => {
    const { headers, secrets, forget } = await passthroughCredentials(cloud).authorize(request, 'own', signal);
    expect([headers, secrets]).toEqual([{ [header]: `${scheme}own` }, ['own']]);
    expect([forget('expired'), forget('refused')]).toEqual([false, false]);
  });

  it("the gateway's: goes there instead of the caller's", async () => {
    const { headers, secrets, forget } = await tokenCredentials(cloud, 'ours').authorize(request, 'own', signal);
    expect([headers, secrets]).toEqual([{ [header]: `${scheme}ours` }, ['ours']]);
    expect([forget('expired'), forget('refused')]).toEqual([false, false]);
  });
});

describe('access key', () => {
  it('request: all that is sent is signed, the project included', async () => {
    const { headers, secrets, forget } = await authorize(KEY, 'p1', 'a-token-of-the-caller');
    const project = { 'x-project-id': 'p1' };
    const request = { method: 'GET', url, headers: { accept: 'application/json', ...project }, body: '' };
    expect(headers).toEqual({ ...project, ...signRequest(request, KEY, NOW) });
    expect(headers).toMatchObject({
      'X-Sdk-Date': '20060102T150405Z',
      Authorization: expect.stringMatching(
        /^SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=accept;host;x-project-id;x-sdk-date, Signature=[0-9a-f]{64}$/,
      ),
    });
    expect(secrets).toEqual(['AccessKey', 'SecretKey', headers['Authorization']?.slice(-64)]);
    expect([forget('expired'), forget('refused')]).toEqual([false, false]);
  });

  it('path without a project: none is sent', async () => {
    const { headers } = await authorize(KEY, null, null);
    expect(Object.keys(headers).toSorted()).toEqual(['Authorization', 'X-Sdk-Date']);
  });

  it('security token of a temporary key: sent and signed', async () => {
    const { headers, secrets } = await authorize({ ...KEY, securityToken: 'SecurityToken' }, 'p1', null);
    expect(headers).toMatchObject({
      'X-Security-Token': 'SecurityToken',
      Authorization: expect.stringContaining('SignedHeaders=accept;host;x-project-id;x-sdk-date;x-security-token,'),
    });
    expect(secrets).toContain('SecurityToken');
  });

  it('each request: signed with the time of its own', async () => {
    let now = NOW;
    const credentials = keyCredentials(KEY, () => now);
    const request = { method: 'GET', url, headers: {}, projectId: 'p1' } as const;
    const { signal } = new AbortController();
    const first = await credentials.authorize(request, null, signal);
    now = new Date(NOW.getTime() + 1_000);
    const second = await credentials.authorize(request, null, signal);
    expect(second.headers['X-Sdk-Date']).toBe('20060102T150406Z');
    expect(second.headers['Authorization']).not.toBe(first.headers['Authorization']);
  });
});
