import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  asCount,
  asNumber,
  asText,
  firstText,
  JsonError,
  MAX_JSON_DEPTH,
  parseEmbedded,
  parseJson,
} from './readers.js';

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

describe('parseJson', () => {
  it('integers beyond 2^53: every digit is kept', () => {
    expect(parseJson('{"a":9007199254740993,"b":-12345678901234567890,"c":1.5,"d":"12345678901234567890"}')).toEqual({
      a: '9007199254740993',
      b: '-12345678901234567890',
      c: 1.5,
      d: '12345678901234567890',
    });
  });

  it('__proto__: an ordinary member', () => {
    const value = parseJson('{"__proto__":{"admin":true},"id":9007199254740993}') as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'id']);
    expect((value as { admin?: boolean }).admin).toBeUndefined();
  });

  it('byte order mark: skipped', () => {
    expect(parseJson('\ufeff{"a":1}')).toEqual({ a: 1 });
  });

  it('nested too deep, however deep: refused', () => {
    expect(parseJson(nested(MAX_JSON_DEPTH))).toBeDefined();
    expect(() => parseJson(nested(MAX_JSON_DEPTH + 1))).toThrow(JsonError);
    expect(() => parseJson(nested(500_000))).toThrow(JsonError);
  });

  it.each(['', '<html>', '{', '{"a":1}x', 'undefined', '{"a":NaN}'])('%p: refused', (text) => {
    expect(() => parseJson(text)).toThrow(JsonError);
  });

  it('what JSON.stringify writes: read', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        fc.pre(!/\d{16}/.test(JSON.stringify(value)));
        expect(JSON.stringify(parseJson(JSON.stringify(value)))).toBe(JSON.stringify(value));
      }),
    );
  });
});

describe('readers of single values', () => {
  it('JSON in text: read, and what is no text is passed', () => {
    expect(parseEmbedded('{"a":[1]}')).toEqual({ a: [1] });
    expect(parseEmbedded({ a: 1 })).toEqual({ a: 1 });
    for (const value of ['', ' ', 'text', '{', null, undefined, nested(50)])
      expect(parseEmbedded(value)).toBeUndefined();
  });

  it.each([
    ['60% ', 60],
    ['60 %', 60],
    ['0.4', 0.4],
    [7, 7],
    ['-1', -1],
    ['', null],
    ['soon', null],
    [Number.NaN, null],
    ['1e999', null],
    [null, null],
  ])('number in %p: read', (value, number) => {
    expect(asNumber(value)).toBe(number);
  });

  it.each([
    [3, 3],
    ['3', 3],
    [0, 0],
    [2.9, 2],
    [-1, null],
    ['', null],
    ['three', null],
    [null, null],
  ])('count in %j', (value, count) => {
    expect(asCount(value)).toBe(count);
  });

  it('numbers: text, and nothing: no text', () => {
    expect([asText(404), asText(' a '), asText(''), asText({}), asText(null)]).toEqual(['404', 'a', null, null, null]);
    expect(firstText({ a: '', b: 1 }, 'toString', 'a', 'b')).toBe('1');
  });
});
