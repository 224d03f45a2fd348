import { describe, expect, it } from '@jest/globals';
import type { ErrorRule, LookupProblem, RetryAdvice } from '@gateway/tasks';
import { classify } from '../classify.js';
import type { Verdict } from '../classify.js';

/** HTTP status, code and message of a refusal, and what they mean here. */
export type GoldenRow = readonly [http: number, code: string, message: string, LookupProblem, RetryAdvice];

/**
 * Holds an error table against rows written by hand: what every code means, said a second time, so that a slip in the
 * table is a difference. Each rule needs a row for each of its HTTP statuses.
 */
export function describeErrorTable(name: string, rules: readonly ErrorRule[], rows: readonly GoldenRow[]): void {
  describe(`error table ${name}`, () => {
    it.each([...rows])('%i %s "%s" is %s, retry %s', (http, code, message, problem, retry) => {
      for (const body of bodiesOf(code, message)) {
        const verdict = classifyBody(rules, http, body);
        expect(verdict).toEqual({
          problem,
          retry,
          rule: expect.objectContaining({ problem, retry }),
          code,
          message,
          requestId: 'req-1',
          known: true,
        });
        expect(rules).toContain(verdict.rule);
      }
    });

    it.each(rules.map((rule) => [String(rule.code), rule] as const))(
      '%s is tested with each of its statuses',
      (_code, rule) => {
        const tested = rows.filter((row) => classifyRow(rules, row).rule === rule).map(([http]) => http);
        expect(tested).toEqual(expect.arrayContaining([...rule.http]));
        expect(rule.http.length).toBeGreaterThan(0);
      },
    );

    it('narrows rows to statuses that they are documented with', () => {
      for (const { http, onlyHttp = [] } of rules) expect(http).toEqual(expect.arrayContaining([...onlyHttp]));
    });

    it('explains every row in two plain sentences', () => {
      for (const { cause, remedy } of rules) {
        expect(cause).toMatch(/^[A-Z].{10,}\.$/);
        expect(remedy).toMatch(/^[A-Z].{8,}\.$/);
      }
    });

    it('has no pattern that remembers where it stopped', () => {
      for (const { code, message } of rules) {
        expect(typeof code === 'string' ? '' : code.flags).not.toMatch(/[gy]/);
        expect(message?.flags ?? '').not.toMatch(/[gy]/);
      }
    });
  });
}

/** What a table makes of a row's refusal. */
export function classifyRow(rules: readonly ErrorRule[], [http, code, message]: GoldenRow): Verdict {
  const [body] = bodiesOf(code, message);
  return classifyBody(rules, http, body);
}

/** A code means the same in whatever form it comes; codes that only repeat an HTTP status come from Keystone. */
function bodiesOf(code: string, message: string): readonly unknown[] {
  if (/^\d+$/.test(code)) return [{ error: { message, code: Number(code), title: 'Refused' } }];
  return [{ error_code: code, error_msg: message }, { error: { message, code } }];
}

function classifyBody(rules: readonly ErrorRule[], status: number, body: unknown): Verdict {
  const headers = { 'x-request-id': 'req-1' };
  return classify({ status, headers, contentType: 'application/json', body, text: JSON.stringify(body) }, rules);
}
