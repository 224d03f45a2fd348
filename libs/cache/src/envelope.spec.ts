import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Seal, readEnvelope, writeEnvelope } from './envelope.js';
import type { Stamp, EntryKind } from './envelope.js';
import { SCHEMA_VERSION } from './keys.js';

const KINDS: readonly EntryKind[] = ['F', 'U', 'N', 'P'];
const [NAME, SECRET] = ['tg:name', 'a secret of 32 characters or more'];
const [KEYED, UNKEYED] = [new Seal(SECRET, ''), new Seal(null, '')];
const write = (stamp: Stamp, members: object, ...lines: string[]): string =>
  writeEnvelope(KEYED, NAME, stamp, members, ...lines);
const read = (stored: string): ReturnType<typeof readEnvelope> => readEnvelope(KEYED, NAME, stored);
const SHORT = write({ kind: 'F', at: 1, freshUntil: 2, epoch: 'a-1..b' }, { a: 'ü' }, '{"n":9007199254740993}', 'x');

const time = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const stamp: fc.Arbitrary<Stamp> = fc.record({
  kind: fc.constantFrom(...KINDS),
  at: time,
  freshUntil: time,
  epoch: fc.stringMatching(/^[\w.-]{0,90}$/),
});
// Lone surrogates are no text: nothing that arrived as UTF-8 has one.
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '|', '\r', '\u2028', '"', '{}', '\u0000'));
const line = text.map((any) => any.replaceAll('\n', ''));
const header = fc.dictionary(fc.stringMatching(/^[a-u]{1,3}$/), fc.jsonValue({ noUnicodeString: false }));

describe('a stored text', () => {
  it('comes back whole: stamp, header, and lines as they were', () => {
    fc.assert(
      fc.property(stamp, header, line, fc.array(text), (given, members, body, artifact) => {
        // What JSON keeps of a header: -0 is 0 there.
        const kept: unknown = JSON.parse(JSON.stringify({ v: SCHEMA_VERSION, ...members }));
        for (const seal of [KEYED, UNKEYED]) {
          const stored = readEnvelope(seal, NAME, writeEnvelope(seal, NAME, given, members, body, ...artifact));
          expect(stored).toEqual({ ...given, header: kept, rest: [body, ...artifact].join('\n') });
        }
      }),
    );
  });

  it('may have a header only', () => {
    expect(read(write({ kind: 'P', at: 0, freshUntil: 1, epoch: '' }, {}))).toEqual({
      kind: 'P',
      at: 0,
      freshUntil: 1,
      epoch: '',
      header: { v: SCHEMA_VERSION },
      rest: '',
    });
  });

  it('keeps numbers that JavaScript cannot hold, and emoji', () => {
    const body = '{"n":123456789012345678901234567890,"who":"👩‍🚀"}';
    expect(read(write({ kind: 'U', at: 1, freshUntil: 2, epoch: '' }, {}, body))?.rest).toBe(body);
  });

  it('is nothing after any change of one character', () => {
    for (let index = 0; index < SHORT.length; index += 1) {
      for (const other of ['A', '|', '\n', '0', '"', '.', ''].filter((each) => each !== SHORT[index])) {
        const changed = SHORT.slice(0, index) + other + SHORT.slice(index + 1);
        expect([index, other, read(changed)]).toEqual([index, other, null]);
      }
    }
  });

  it.each<[string, Seal, string]>([
    ['under another name', KEYED, 'tg:nama'],
    ['with another secret', new Seal(`${SECRET}.`, ''), NAME],
    ['with the same secret and another prefix', new Seal(SECRET, 'staging:'), NAME],
    ['without a secret', UNKEYED, NAME],
  ])('is nothing when it was written %s', (_what, seal, name) => {
    const stamp = { kind: 'P', at: 1, freshUntil: 2, epoch: '' } as const;
    const foreign = writeEnvelope(seal, name, stamp, {}, 'body');
    expect(readEnvelope(seal, name, foreign)).not.toBeNull();
    expect(read(foreign)).toBeNull();
  });

  it('is nothing to who has no secret, when it was written with one', () => {
    expect(readEnvelope(UNKEYED, NAME, SHORT)).toBeNull();
  });

  it('is nothing when cut short, or longer', () => {
    for (let length = 0; length < SHORT.length; length += 1) expect(read(SHORT.slice(0, length))).toBeNull();
    for (const more of [' ', '\n', '\u0000', SHORT]) expect(read(SHORT + more)).toBeNull();
    expect(read(` ${SHORT}`)).toBeNull();
  });

  it('is nothing of another version, and without a header that is an object', () => {
    const of = (members: object): string => write({ kind: 'F', at: 1, freshUntil: 2, epoch: '' }, members, 'body');
    for (const v of [SCHEMA_VERSION - 1, SCHEMA_VERSION + 1, String(SCHEMA_VERSION), null])
      expect(read(of({ v }))).toBeNull();
    expect(read(of({ v: SCHEMA_VERSION }))).not.toBeNull();
  });

  it.each([
    ['another kind', { kind: 'X' as EntryKind }],
    ['no time', { at: Number.NaN }],
    ['a time before 1970', { at: -1 }],
    ['no end', { freshUntil: Infinity }],
    ['half a millisecond', { freshUntil: 0.5 }],
    ['a epoch that breaks the stamp', { epoch: 'a|b' }],
    ['a epoch without bounds', { epoch: 'a'.repeat(256) }],
  ])('is nothing with %s', (_what, wrong) => {
    const good = { kind: 'F', at: 1, freshUntil: 2, epoch: '' } as const;
    expect(read(write(good, {}, 'body'))).not.toBeNull();
    expect(read(write({ ...good, ...wrong }, {}, 'body'))).toBeNull();
  });

  it('is nothing that somebody else wrote', () => {
    fc.assert(
      fc.property(text, (any) => {
        expect(read(any)).toBeNull();
      }),
    );
  });
});
