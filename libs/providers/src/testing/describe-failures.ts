import { describe, expect, it } from '@jest/globals';
import { FAILURE_CODES, taskError } from '@gateway/tasks';
import type { FailureTable } from '@gateway/tasks';
import { loadFailures } from './fixtures.js';

/** A text in no language that is read: only its code tells. */
const FOREIGN = '\u2026';

/** Holds the wording of a provider's failures against those that its documentation lists, each judged by hand. */
export function describeFailures(provider: string, table: FailureTable): void {
  const failures = Object.entries(loadFailures(provider)).flatMap(([expected, rows]) =>
    rows.map(([code, text]) => ({ code, text, expected })),
  );
  const worded = (code: string, text: string) => taskError(code, text, table).code;

  describe(`documented failures of ${provider}`, () => {
    it.each([...FAILURE_CODES])('of which the meaning is %s say so', (meaning) => {
      const rows = failures.filter(({ expected }) => expected === meaning);
      const found = rows.map((row) => ({ ...row, expected: worded(row.code, row.text) }));
      expect(found).toEqual(rows);
    });

    it('are told by their wording alone, where the code is not listed', () => {
      const wrong = failures
        .filter(({ code }) => !Object.hasOwn(table.codes ?? {}, code))
        .map((row) => ({ ...row, found: worded('New.1', row.text) }))
        .filter(({ found, expected }) => found !== expected && found !== 'UNKNOWN');
      expect(wrong).toEqual([]);
    });

    it('are never told wrongly by their code alone', () => {
      const wrong = failures
        .map((row) => ({ ...row, found: worded(row.code, FOREIGN) }))
        .filter(({ found, expected }) => found !== expected && found !== 'UNKNOWN');
      expect(wrong).toEqual([]);
    });

    it('are rarely unknown', () => {
      const unknown = failures.filter(({ code, text }) => worded(code, text) === 'UNKNOWN');
      expect(unknown.length).toBeLessThan(failures.length / 8);
    });
  });
}
