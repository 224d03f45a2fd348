import { describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { loadErrorFixtures, readErrorFixtures } from '@gateway/providers/testing';
import type { ErrorFixture } from '@gateway/providers/testing';
import type { ErrorRule } from '@gateway/tasks';
import { classify } from './classify.js';
import type { Verdict } from './classify.js';
import { isErrorBody } from './error-body.js';
import { COMMON_ERRORS, FRONT_ERRORS, IAM_ERRORS } from './shared-errors.js';

interface Table {
  readonly name: string;
  readonly rules: readonly ErrorRule[];
  readonly fixtures: readonly ErrorFixture[];
  readonly missingIs404?: boolean | undefined;
}

const shared = (name: string, rules: readonly ErrorRule[]): Table => {
  const fixtures = readErrorFixtures(new URL(`./fixtures/${name}.errors.json`, import.meta.url));
  return { name, rules, fixtures };
};
const FRONT = shared('front', FRONT_ERRORS);
const COMMON = shared('common', COMMON_ERRORS);
const PROVIDER_TABLES = PROVIDERS.map(({ id, errors, missingIs404 }) => ({
  name: id,
  rules: errors,
  missingIs404,
  fixtures: loadErrorFixtures(id),
  // Not every service documents what it refuses with.
})).filter(({ rules, fixtures }) => rules.length + fixtures.length > 0);
const TABLES: readonly Table[] = [...PROVIDER_TABLES, FRONT, COMMON, shared('iam', IAM_ERRORS)];

function classifyBody(
  rules: readonly ErrorRule[],
  status: number,
  body: unknown,
  missingIs404: boolean | undefined = false,
): Verdict {
  const headers = { 'x-request-id': 'req-1' };
  const reply = { status, headers, contentType: 'application/json', body, text: JSON.stringify(body) };
  return classify(reply, rules, missingIs404);
}

/** Names that the clouds' services have for the code and the text of an error; codes of Keystone are numbers. */
const NAMES = [
  ['error_code', 'error_msg'],
  ['errorCode', 'errorMessage'],
  ['errCode', 'errMsg'],
  ['errCode', 'externalMessage'],
  ['code', 'message'],
  ['error', 'error_description'],
  // DigitalOcean's.
  ['id', 'message'],
  // Without a code, and a code alone.
  [null, 'message'],
  ['error', null],
] as const;

interface Words {
  readonly code: string | null;
  readonly message: string | null;
}

function wordsOf({ body }: ErrorFixture): Words {
  type Members = Readonly<Record<string, string | number>>;
  const { error } = body as { readonly error?: Members | string };
  const members = typeof error === 'object' ? error : (body as Members);
  const names = NAMES.find((pair) => pair.every((name) => name === null || Object.hasOwn(members, name))) ?? NAMES[0];
  const [code, message] = names.map((name) => (name === null ? null : String(members[name] ?? '')));
  return { code: code ?? null, message: message ?? null };
}

/** A code means the same in whatever form it comes; codes that only repeat an HTTP status come from Keystone alone. */
function formsOf(fixture: ErrorFixture): readonly unknown[] {
  const { code, message } = wordsOf(fixture);
  if (code === null || /^[1-5]\d\d$/.test(code)) return [fixture.body];
  return [fixture.body, { error_code: code, error_msg: message }, { error: { message, code } }];
}

describe.each(TABLES)('error table of $name', ({ rules, fixtures, missingIs404 }) => {
  const named = fixtures.map((fixture) => ({ ...wordsOf(fixture), ...fixture }));

  it.each(named)('$status $code "$message": $problem, retry $retry', (fixture) => {
    const { status, problem, retry, code, message, unmapped } = fixture;
    for (const body of formsOf(fixture)) {
      const { rule, ...verdict } = classifyBody(rules, status, body, missingIs404);
      expect(verdict).toMatchObject({ problem, retry, code, message, known: !unmapped });
      expect(rule === null).toBe(unmapped);
    }
  });

  it.each(rules.map((rule) => [String(rule.code), rule] as const))(
    '%s: has a fixture for each of its statuses',
    (_, rule) => {
      const hits = fixtures.filter(({ status, body }) => classifyBody(rules, status, body).rule === rule);
      expect(rule.http.length).toBeGreaterThan(0);
      expect(hits.map(({ status }) => status)).toEqual(expect.arrayContaining([...rule.http]));
    },
  );

  it('code in lower case: means the same', () => {
    for (const fixture of fixtures) {
      const { code, message } = wordsOf(fixture);
      if (code === null) continue;
      const body = { error_code: code.toLowerCase(), error_msg: message };
      const { rule } = classifyBody(rules, fixture.status, fixture.body);
      expect(classifyBody(rules, fixture.status, body).rule).toBe(rule);
    }
  });

  it('every row: explained in plain sentences', () => {
    for (const { cause, remedy } of rules) {
      expect(cause).toMatch(/^[A-Z].{10,}\.$/);
      expect(remedy ?? 'The catalogue says.').toMatch(/^[A-Z].{8,}\.$/);
    }
  });

  it('patterns: none remembers where it stopped', () => {
    for (const { code, message } of rules) {
      expect(typeof code === 'string' ? '' : code.flags).not.toMatch(/[gy]/);
      expect(message?.flags ?? '').not.toMatch(/[gy]/);
    }
  });
});

it('error bodies that come with a success: are known for errors', () => {
  const found = PROVIDERS.flatMap(({ id, statuses }) =>
    loadErrorFixtures(id).flatMap(({ status, body }) => (status < 300 ? [isErrorBody(body, statuses)] : [])),
  );
  expect(found.length).toBeGreaterThan(0);
  expect(found).not.toContain(false);
});

describe('shared error tables', () => {
  it('provider without a table of its own: they hold', () => {
    for (const { rules, fixtures } of [FRONT, COMMON])
      for (const { status, body } of fixtures)
        expect(classifyBody([], status, body)).toEqual(classifyBody(rules, status, body));
  });

  it('code of the front: the same in either of its spellings', () => {
    for (const fixture of FRONT.fixtures) {
      const { code, message } = wordsOf(fixture);
      const older = { error_code: String(code).replace('APIGW', 'APIG'), error_msg: message };
      const { rule } = classifyBody([], fixture.status, fixture.body);
      expect(classifyBody([], fixture.status, older)).toMatchObject({ rule, code: older.error_code });
    }
  });

  it('access keys: nothing is retried', () => {
    const aboutKeys = FRONT_ERRORS.filter(({ message }) => message?.test('aksk signature') ?? false);
    expect(aboutKeys.length).toBeGreaterThan(0);
    for (const { retry } of aboutKeys) expect(retry).toBe('never');
  });

  it('codes of the front: not repeated by providers', () => {
    for (const { rules } of PROVIDER_TABLES)
      for (const { code } of rules)
        for (const front of ['APIG.0101', 'APIGW.0308'])
          expect(typeof code === 'string' ? code === front : code.test(front)).toBe(false);
  });
});
