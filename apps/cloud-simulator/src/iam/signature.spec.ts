import { describe, expect, it } from '@jest/globals';
import { signatureOf } from './signature.js';
import type { Signable } from './signature.js';

const PUBLISHED: Signable = {
  method: 'GET',
  path: '/path',
  query: 'limit=1',
  headers: { 'x-sdk-date': '20060102T150405Z', host: 'example.huaweicloud.com' },
  body: '',
};
const sign = (change: Partial<Signable> = {}, names: readonly string[] = ['x-sdk-date']): string =>
  signatureOf({ ...PUBLISHED, ...change }, names, 'SecretKey');

describe('signature of a request', () => {
  it('is the published one for the published request', () => {
    expect(sign()).toBe('5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624');
  });

  it('is the same with a slash at the end of the path', () => {
    expect(sign({ path: '/path/' })).toBe(sign());
  });

  it('is the same however the same path and query are encoded', () => {
    expect(sign({ path: '/a%7eb/%c3%a4' })).toBe(sign({ path: '/a~b/%C3%A4' }));
    expect(sign({ query: 'a=%21&b=x+y' })).toBe(sign({ query: 'a=!&b=x%20y' }));
    expect(sign({ path: '/a%2Fb' })).not.toBe(sign({ path: '/a/b' }));
  });

  it('is the same in every order of the query, and tells repeated and empty values apart', () => {
    expect(sign({ query: 'b=2&a=2&a=1&c' })).toBe(sign({ query: 'a=1&a=2&b=2&c=' }));
    expect(sign({ query: 'a=1' })).not.toBe(sign({ query: 'a=1&a=1' }));
  });

  it('covers the method, the body and the headers that it names, trimmed', () => {
    const names = ['x-sdk-date', 'host'];
    const headers = { ...PUBLISHED.headers, host: '  example.huaweicloud.com ' };
    expect(sign({ headers }, names)).toBe(sign({}, names.toReversed()));
    expect(sign({ headers: { ...headers, host: 'other' } }, names)).not.toBe(sign({}, names));
    expect(sign({ method: 'POST' })).not.toBe(sign());
    expect(sign({ body: '{}' })).not.toBe(sign());
  });

  it('leaves the body out only if told so', () => {
    const headers = { ...PUBLISHED.headers, 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' };
    expect(sign({ headers, body: '{}' })).toBe(sign({ headers }));
    const claimed = { ...PUBLISHED.headers, 'x-sdk-content-sha256': 'e3b0c442' };
    expect(sign({ headers: claimed, body: '{}' })).not.toBe(sign({ headers: claimed }));
  });
});
