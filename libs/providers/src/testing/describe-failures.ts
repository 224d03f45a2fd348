import { describe, expect, it } from '@jest/globals';
import { FAILURE_CODES, taskError } from '@gateway/tasks';
import type { FailureTable } from '@gateway/tasks';
import { loadFailures } from './fixtures.js';

/** A text in no language that is read, so that only its code counts. */
const FOREIGN = '\u2026';

/** Holds the meaning of a provider's failures against those that its documentation lists, each judged by hand. */
export function describeFailures(provider: string, table: FailureTable): void {
  const failures = Object.entries(loadFailures(provider)).flatMap(([expected, rows]) =>
    rows.map(([code, text]) => ({ code, text, expected })),
  );
  const failureCode = (code: string, text: string) => taskError(code, text, table).code;

  describe(`documented failures of ${provider}`, () => {
    it.each([...FAILURE_CODES])('%s: code and text together give it', (meaning) => {
      const rows = failures.filter(({ expected }) => expected === meaning);
      const found = rows.map((row) => ({ ...row, expected: failureCode(row.code, row.text) }));
      expect(found).toEqual(rows);
    });

    it('a text whose code is not listed: gives the same meaning, or none', () => {
      const wrong = failures
        .filter(({ code }) => !Object.hasOwn(table.codes ?? {}, code))
        .map((row) => ({ ...row, found: failureCode('New.1', row.text) }))
        .filter(({ found, expected }) => found !== expected && found !== 'UNKNOWN');
      expect(wrong).toEqual([]);
    });

    it('a code with an unreadable text: gives the same meaning, or none', () => {
      const wrong = failures
        .map((row) => ({ ...row, found: failureCode(row.code, FOREIGN) }))
        .filter(({ found, expected }) => found !== expected && found !== 'UNKNOWN');
      expect(wrong).toEqual([]);
    });

    it('fewer than one in eight is UNKNOWN', () => {
      const unknown = failures.filter(({ code, text }) => failureCode(code, text) === 'UNKNOWN');
      expect(unknown.length).toBeLessThan(failures.length / 8);
    });
  });
}
