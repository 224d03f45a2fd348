import { expect, it } from '@jest/globals';
import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { eventParser } from './event-parser.js';

type Seen = readonly [kind: 'data' | 'retry', value: string | number];

function read(pieces: readonly Uint8Array[]): readonly Seen[] {
  const seen: Seen[] = [];
  const parse = eventParser(
    (data) => seen.push(['data', data]),
    (ms) => seen.push(['retry', ms]),
  );
  pieces.forEach(parse);
  return seen;
}

function readByOracle(text: string): readonly Seen[] {
  const seen: Seen[] = [];
  const parser = createParser({
    onEvent: ({ data }) => seen.push(['data', data]),
    onRetry: (ms) => seen.push(['retry', ms]),
  });
  // It waits for what follows a CR at the end of what it got: a comment changes nothing else.
  parser.feed(`${text}:`);
  return seen;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

it.each<[string, string, readonly Seen[]]>([
  [
    'LF',
    'data: a\n\ndata: b\n\n',
    [
      ['data', 'a'],
      ['data', 'b'],
    ],
  ],
  [
    'CR',
    'data: a\r\rdata: b\r\r',
    [
      ['data', 'a'],
      ['data', 'b'],
    ],
  ],
  [
    'CRLF',
    'data: a\r\n\r\ndata: b\r\n\r\n',
    [
      ['data', 'a'],
      ['data', 'b'],
    ],
  ],
  [
    'CRLF and LF',
    'data: a\r\n\ndata: b\r\n\n',
    [
      ['data', 'a'],
      ['data', 'b'],
    ],
  ],
  ['a byte order mark', '\uFEFFdata: a\n\n', [['data', 'a']]],
  ['several lines of data', 'data: a\ndata\ndata:  b\n\n', [['data', 'a\n\n b']]],
  ['comments and unknown fields', ':\n\n: data: x\nid: 1\nevent: e\nother\ndata:a:b\n\n', [['data', 'a:b']]],
  ['an event without data', 'event: e\n\ndata: a\n\n', [['data', 'a']]],
  [
    'empty data',
    'data\n\ndata:\n\n',
    [
      ['data', ''],
      ['data', ''],
    ],
  ],
  ['retry', 'retry: 2000\nretry: 2s\nretry\nretry:-1\n\n', [['retry', 2000]]],
  ['an event that has not ended', 'data: a\n\ndata: b\n', [['data', 'a']]],
  ['a separator of lines in data', 'data: a\u2028b\n\n', [['data', 'a\u2028b']]],
])('a stream with %s: read the same way whole and byte by byte', (_, text, seen) => {
  const bytes = bytesOf(text);
  expect(read([bytes])).toEqual(seen);
  expect(read(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(seen);
});

it('any stream in any pieces: read as eventsource-parser reads it', () => {
  const word = fc.constantFrom(
    'data',
    'data:',
    'data: ',
    'event: e',
    'retry: 7',
    ':',
    ' ',
    'ä',
    '😀',
    '\r',
    '\n',
    '\r\n',
    '\n\n',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 40 }), fc.array(fc.nat(160), { maxLength: 8 }), (words, cuts) => {
      const bytes = bytesOf(words.join(''));
      const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
      const pieces = edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
      expect(read(pieces)).toEqual(readByOracle(words.join('')));
    }),
    { numRuns: 500 },
  );
});
