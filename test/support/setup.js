import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whatIsMissing } from './machine.ts';

/** Before the end-to-end tests: a place for what all of them have seen. With CI=true, nothing that they need may be missing. */
export default function setup() {
  const missing = whatIsMissing();
  if (missing !== null && process.env.CI === 'true') {
    process.stderr.write(`\nFailed: with CI=true no test is skipped: ${missing}\n`);
    process.exit(1);
  }
  process.env.SEEN_REPLIES = mkdtempSync(join(tmpdir(), 'seen-replies-'));
}
