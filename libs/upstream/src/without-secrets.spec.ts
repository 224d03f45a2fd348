import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withoutSecrets } from './without-secrets.js';

const SECRET = 'st/of+the="gate\\way"';
const replyOf = (body: string | Buffer, headers: Readonly<Record<string, string>> = {}) => ({
  status: 200,
  headers,
  body: Buffer.from(body),
});
const clean = (body: string, ...secrets: readonly string[]): string =>
  withoutSecrets(replyOf(body), secrets).body.toString();

describe('withoutSecrets', () => {
  it('leaves a reply as it is where nothing is echoed', () => {
    const reply = replyOf('{"a":1}', { 'x-request-id': 'r-1' });
    expect(withoutSecrets(reply, [SECRET, ''])).toBe(reply);
  });

  it.each([
    ['as it is', SECRET],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in JSON in JSON', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
    ['with slashes escaped', SECRET.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('/', '\\/')],
    ['with marks as code points', 'st\\u002fof\\u002Bthe\\u003d\\u0022gate\\u005cway\\u0022'],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['cut short', SECRET.slice(0, 17)],
  ])('takes a secret out of a body: %s', (_name, spelling) => {
    expect(clean(`before ${spelling} after ${spelling}`, SECRET)).toBe('before [redacted] after [redacted]');
  });

  it('takes every secret out of every header', () => {
    const headers = { 'x-request-id': 'token-one', location: '/a?t=token-two', server: 'nginx' };
    expect(withoutSecrets(replyOf('{}', headers), ['token-one', 'token-two']).headers).toEqual({
      'x-request-id': '[redacted]',
      location: '/a?t=[redacted]',
      server: 'nginx',
    });
  });

  it('keeps bytes that are no UTF-8 while there is nothing to hide among them', () => {
    const body = Buffer.concat([Buffer.from([0xff]), Buffer.from('gate')]);
    expect(withoutSecrets(replyOf(body), [SECRET]).body).toEqual(body);
  });

  it('does not stall on hostile secrets and bodies', () => {
    const body = `x${'\\'.repeat(100_000)}x${'%5c'.repeat(50_000)}`;
    expect(clean(body, `${'\\'.repeat(14)}x`) === body).toBe(true);
    expect(clean('token-on'.repeat(50_000), 'token-one').includes('token-one')).toBe(false);
  });

  it('does not take short words for secrets', () => {
    expect(clean('a short word', 'short')).toBe('a short word');
  });

  it('leaves no secret in any JSON, however deep in strings it stands', () => {
    // A backslash at its end could not be told from the escape of what follows; nothing would leak, but no JSON be left.
    const marks = fc.constantFrom(...Array.from('aZ09/+=-_.~!@#$%^&*()"<>?:{}[],'));
    const secret = fc.string({ minLength: 4, unit: marks }).map((text) => `S3cr${text}`);
    fc.assert(
      fc.property(secret, fc.string(), fc.integer({ min: 0, max: 2 }), (text, around, depth) => {
        let body: unknown = { around, text };
        for (let level = 0; level < depth; level += 1) body = { inner: JSON.stringify(body) };
        let read: unknown = JSON.parse(clean(JSON.stringify(body), text));
        for (let level = 0; level < depth; level += 1) read = JSON.parse((read as { inner: string }).inner);
        expect((read as { text: string }).text).not.toContain(text);
      }),
    );
  });
});
