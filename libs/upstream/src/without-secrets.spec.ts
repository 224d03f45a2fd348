import { describe, expect, it } from '@jest/globals';
import { withoutSecrets } from './without-secrets.js';

const SECRET = 'st/of+the="gate\\way-0123456789';
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
    ['with marks as code points', 'st\\u002fof\\u002Bthe\\u003d\\u0022gate\\u005cway\\u002d0123456789'],
    ['percent-encoded', encodeURIComponent(SECRET)],
    ['cut short', SECRET.slice(0, 17)],
    ['without its beginning', SECRET.slice(12)],
    ['from its middle', SECRET.slice(6, 22)],
    ['fully escaped', Array.from(SECRET, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`).join('')],
    ['in entities of HTML', Array.from(SECRET, (mark) => `&#x${mark.charCodeAt(0).toString(16)};`).join('')],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in hexadecimal digits', Buffer.from(SECRET).toString('hex').toUpperCase()],
    ['in base64 of base64', Buffer.from(Buffer.from(SECRET).toString('base64')).toString('base64url')],
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

  it('takes nothing else away with a secret that stands in a longer text in digits', () => {
    const digits = Buffer.from(`{"user":"a","token":"${SECRET}","more":true}`).toString('base64');
    const [before = '', after = ''] = clean(`see ${digits} there`, SECRET).split('[redacted]');
    expect(Buffer.from(before.slice(4), 'base64').toString()).toBe('{"user":"a","token":"');
    expect(after).toMatch(/^[\w+/]{10,}=* there$/);
  });

  it.each([
    'wait_15 chars only',
    'short-1',
    Buffer.from('token-onX').toString('base64'),
    'st/of+the="gate!way-0123456789',
    '12345678901234567890',
  ])('leaves %p, which only looks like a secret', (text) => {
    expect(clean(`{"text":"${text}"}`, SECRET, 'token-one', 'wait_15 chars on'.slice(0, 15) + '!')).toBe(
      `{"text":"${text}"}`,
    );
  });

  // Fails by the time that a test has, were any of it quadratic.
  it.each(['\\', '%25', '%', '&', '&#', '&amp;', '\\u', 'QUFB', 'A', '4', 'token-on', 'token-on\\n', '\\"', '\u0000'])(
    'does not stall on 200 kB of %j',
    (piece) => {
      const body = piece.repeat(Math.ceil(200_000 / piece.length));
      const secrets = ['token-one', `${'\\'.repeat(14)}x`, 'A'.repeat(100) + 'B', 'token-on'.repeat(50) + '!'];
      expect(clean(`${body}token-one`, ...secrets)).not.toContain('token-one');
    },
  );

  it('does not take short words for secrets', () => {
    expect(clean('a short word', 'short')).toBe('a short word');
  });
});
