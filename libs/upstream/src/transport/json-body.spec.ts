import { describe, expect, it } from '@jest/globals';
import { readJsonBody } from './body.js';

const read = (body: string | Buffer, contentType?: string) =>
  readJsonBody({
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    body: Buffer.from(body as string),
  });

describe('JSON body', () => {
  it('JSON with any label: read', () => {
    const reading = { text: '{"a":[1]}', body: { a: [1] } };
    expect(read('{"a":[1]}', 'Application/JSON; charset=utf-8')).toEqual({
      ...reading,
      contentType: 'application/json',
    });
    expect(read('{"a":[1]}', 'text/plain')).toEqual({ ...reading, contentType: 'text/plain' });
    expect(read('{"a":[1]}')).toEqual({ ...reading, contentType: null });
    expect(read('{"a":[1]}', ' ;')).toEqual({ ...reading, contentType: null });
  });

  it('byte order mark: skipped', () => {
    expect(read('\uFEFF{"a":"ü"}')).toEqual({ text: '{"a":"ü"}', body: { a: 'ü' }, contentType: null });
  });

  it('long integers: kept, and `null` is apart from nothing', () => {
    expect(read('[12345678901234567890]').body).toEqual(['12345678901234567890']);
    expect(read('null').body).toBeNull();
    expect(read('').body).toBeUndefined();
  });

  it.each([
    ['a page labelled as JSON', '<html>504</html>'],
    ['a word', 'OK'],
    ['two documents', '{}{}'],
    ['half a document', '{"a":'],
  ])('%s: no document, but its text', (_name, text) => {
    expect(read(text, 'application/json')).toEqual({ text, body: undefined, contentType: 'application/json' });
  });

  it('document that is nested too deep: reported as such', () => {
    const text = '['.repeat(40) + ']'.repeat(40);
    expect(read(text)).toEqual({ text, body: undefined, contentType: null, tooDeep: true });
  });

  it('bytes that are no UTF-8: no document, also within a string', () => {
    expect(read(Buffer.from('{"a":"\xfc"}', 'latin1'))).toEqual({
      text: '{"a":"\uFFFD"}',
      body: undefined,
      contentType: null,
    });
  });
});
