import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { signRequest } from './sign-request.js';
import type { RequestToSign } from './sign-request.js';

interface VendorSignatures {
  readonly how: string;
  readonly keys: { readonly accessKey: string; readonly secretKey: string };
  readonly requests: readonly {
    readonly name: string;
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly authorization: string;
  }[];
}

const vendor = JSON.parse(readFileSync(new URL('vendor-signatures.json', import.meta.url), 'utf8')) as VendorSignatures;
const NOW = new Date('2006-01-02T15:04:05.999Z');
const ORIGIN = 'https://example.huaweicloud.com';

function sign(target: string, more: Partial<RequestToSign> = {}): string | undefined {
  const url = new URL(target, ORIGIN);
  return signRequest({ method: 'GET', url, headers: {}, body: '', ...more }, vendor.keys, NOW)['Authorization'];
}

describe('signature', () => {
  it('headers to add: date, authorization, and the token of a temporary key', () => {
    const request = { method: 'GET', url: new URL(`${ORIGIN}/path?limit=1`), headers: { Accept: '*/*' }, body: '' };
    expect(signRequest(request, { ...vendor.keys, securityToken: 'temporary' }, NOW)).toEqual({
      'X-Sdk-Date': '20060102T150405Z',
      'X-Security-Token': 'temporary',
      Authorization: expect.stringMatching(
        /^SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=accept;host;x-sdk-date;x-security-token, Signature=[0-9a-f]{64}$/,
      ),
    });
  });

  describe("agrees with the tests of the vendor's Go signer", () => {
    it.each([
      ['GET', '/path?limit=1', '', '5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624'],
      // Its JSON encoder ends the body with a newline.
      [
        'POST',
        '/path?key=value',
        '{"Name":"test","Id":1}\n',
        'cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59',
      ],
    ])('%s %s', (method, target, body, signature) => {
      const headers = { 'Content-Type': 'application/json', TEST_UNDERSCORE: 'TEST_VALUE' };
      expect(sign(target, { method, body, headers, signedHeaders: ['X-Sdk-Date'] })).toBe(
        `SDK-HMAC-SHA256 Access=AccessKey, SignedHeaders=x-sdk-date, Signature=${signature}`,
      );
    });
  });

  describe("agrees with the vendor's Node signer", () => {
    it.each(vendor.requests)('$name', ({ method, url, headers, body, authorization }) => {
      expect(signRequest({ method, url: new URL(url), headers, body }, vendor.keys, NOW)['Authorization']).toBe(
        authorization,
      );
    });
  });

  // Each pair is one request written in two ways, so that the cloud computes one signature for both.
  it.each([
    ['a slash at the end of the path', '/v1/jobs', '/v1/jobs/'],
    ['the order of the query', '/path?b=2&a=1', '/path?a=1&b=2'],
    ['the order of repeated keys', '/path?a=2&a=10&a=1', '/path?a=1&a=10&a=2'],
    ['an empty value', '/path?a', '/path?a='],
    ['plus and %20 for a space', '/path?a=b+c', '/path?a=b%20c'],
    ['an escape that is not needed', '/p%61th?%61=%7E', '/path?a=~'],
    ['escapes in lower case', '/a%2fb?c=%2f', '/a%2Fb?c=%2F'],
    ['marks that only some encoders escape', "/a!'()*b?c=!'()*", '/a%21%27%28%29%2Ab?c=%21%27%28%29%2A'],
    ['letters beyond ASCII', '/zürich?ä=一', '/z%C3%BCrich?%C3%A4=%E4%B8%80'],
  ])('%s: the same signature', (_name, one, other) => {
    expect(sign(one)).toBe(sign(other));
  });

  it.each([
    ['an escaped slash is no slash', '/a%2Fb', '/a/b'],
    ['an escape is not escaped again', '/a%2Fb', '/a%252Fb'],
    ['an escaped plus is no space', '/path?a=b%2Bc', '/path?a=b+c'],
    ['a broken escape is text', '/a%zz', '/a'],
    ['the value counts', '/path?a=1', '/path?a=2'],
  ])('%s', (_name, one, other) => {
    expect(sign(one)).not.toBe(sign(other));
  });

  it('headers: covered, trimmed, whatever the case of their names', () => {
    const signed = sign('/path', { headers: { 'X-Project-Id': ' p1 ' } });
    expect(signed).toBe(sign('/path', { headers: { 'x-project-id': 'p1' } }));
    expect(signed).not.toBe(sign('/path', { headers: { 'x-project-id': 'p2' } }));
  });

  it('port that is not the default one: covered with the host', () => {
    expect(sign(`${ORIGIN}:443/path`)).toBe(sign('/path'));
    expect(sign(`${ORIGIN}:8443/path`)).not.toBe(sign('/path'));
    expect(sign(`${ORIGIN}:8443/path`)).toBe(sign('/path', { headers: { Host: 'example.huaweicloud.com:8443' } }));
  });

  it('body: covered byte for byte', () => {
    expect(sign('/path', { body: '{"a":1}' })).not.toBe(sign('/path', { body: '{"a":1}\n' }));
  });

  it('time in the headers: replaced by its own', () => {
    expect(sign('/path', { headers: { 'x-sdk-date': '19700101T000000Z' } })).toBe(sign('/path'));
  });

  it('secret key: never returned', () => {
    expect(sign('/path')).not.toContain('SecretKey');
  });
});
