import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ENCODINGS, pickFrom, spells } from '../../../tasks/src/testing/encodings.js';
import { withoutSecrets } from './without-secrets.js';

const cloudMarks = Array.from('ABCDEFabcdefghijXYZ0123456789+/=_-');
const marks = Array.from('aZ09bcdefg/+=-_.~!@#$%^&*()"<>?:{}[], \'');
/** As clouds make tokens and keys, and as people make passwords. */
const secrets = fc.oneof(
  fc.string({ unit: fc.constantFrom(...cloudMarks), minLength: 24, maxLength: 80 }),
  fc.string({ unit: fc.constantFrom(...marks), minLength: 8, maxLength: 20 }).map((text) => `S3${text}`),
);
const encodings = fc.constantFrom(...Object.keys(ENCODINGS));
/** Where an encoded secret is put: a JSON document. */
const places: readonly ((text: string) => unknown)[] = [
  (text) => ({ status: 'FAIL', fail_reason: text }),
  (text) => ({ error_msg: `refused (${text}), try again`, error_code: 'IMG.1' }),
  (text) => ({ entities: { [text]: { list: [1, null, 'x'] } } }),
  (text) => ({ list: [{ a: ['b', text] }] }),
  (text) => ({ task_result: JSON.stringify({ Comment: JSON.stringify({ paths: { '/a': { summary: text } } }) }) }),
  (text) => ({ page: `<p class="x">${text}</p>\n<p>more</p>` }),
  (text) => ({ params: `failed: ${JSON.stringify({ note: text })}` }),
];

interface Case {
  readonly secret: string;
  readonly chain: readonly string[];
  readonly place: number;
  readonly seed: number;
}

const cases: fc.Arbitrary<Case> = fc.record({
  secret: secrets,
  chain: fc.array(encodings, { minLength: 1, maxLength: 2 }),
  place: fc.nat(places.length - 1),
  seed: fc.nat(),
});

/** A fragment that counts: all of a short secret, at least 16 characters of a long one. */
function fragmentOf(secret: string, seed: number): string {
  const pick = pickFrom(seed);
  if (secret.length <= 16 || pick(3) === 0) return secret;
  const from = pick(secret.length - 15);
  return secret.slice(from, from + 16 + pick(secret.length - from - 15));
}

async function expectTakenOut({ secret, chain, place, seed }: Case): Promise<void> {
  const pick = pickFrom(seed + 1);
  const encoded = chain.reduce((text, name) => ENCODINGS[name]?.(text, pick) ?? text, fragmentOf(secret, seed));
  const body = JSON.stringify(places[place]?.(encoded));
  const reply = { headers: { 'x-request-id': encoded, server: 'nginx' }, body: Buffer.from(body) };
  const clean = await withoutSecrets(reply, [secret, 'another-secret']);
  expect(spells(clean.body.toString(), secret)).toBe(false);
  expect(spells(clean.headers['x-request-id'], secret)).toBe(false);
  expect(clean.headers.server).toBe('nginx');
  // What was JSON is JSON.
  expect(JSON.stringify(JSON.parse(clean.body.toString()))).toContain('[redacted]');
}

it('a secret in any two encodings, whole or a part of it: taken out of any body and any header', async () => {
  await fc.assert(fc.asyncProperty(cases, expectTakenOut), { numRuns: 1_000 });
});

it('a secret with a backslash in any encoding: taken out of any body and any header', async () => {
  const withBackslash = fc.tuple(cases, fc.nat(6)).map(([one, at]) => {
    const { secret, chain } = one;
    return { ...one, secret: `${secret.slice(0, at)}\\${secret.slice(at)}`, chain: chain.slice(0, 1) };
  });
  await fc.assert(fc.asyncProperty(withBackslash, expectTakenOut), { numRuns: 500 });
});

it('a document without secrets passes byte for byte', async () => {
  const body = fc.jsonValue().map((value) => Buffer.from(JSON.stringify({ value, more: JSON.stringify({ value }) })));
  await fc.assert(
    fc.asyncProperty(body, secrets, async (bytes, secret) => {
      const reply = { headers: {}, body: bytes };
      if (!spells(bytes.toString(), secret)) expect(await withoutSecrets(reply, [secret])).toBe(reply);
    }),
  );
});
