import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const JEST = 'node_modules/jest/bin/jest.js';
const NEEDS_REDIS = 'test/sharing/busy-process.e2e-spec.ts';
const NEEDS_NGINX = 'test/client/proxies.e2e-spec.ts';
const NEEDS_BROWSER = 'test/client/browser.e2e-spec.ts';
/** Where no browser can come with `npm ci`, one is missing on such a machine. */
const isPacked = process.platform === 'linux' && process.arch === 'x64';

let empty: string;
beforeAll(() => {
  empty = mkdtempSync(join(tmpdir(), 'no-programs-'));
});
afterAll(() => rmSync(empty, { recursive: true }));

interface Run {
  readonly code: number;
  readonly lastLine: string | undefined;
}

/** Runs specs where no program is on the PATH. */
function testWithout(specs: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [JEST, '-i', ...specs], { env: { PATH: empty, ...env } }, (error, stdout, stderr) => {
      const lines = `${stderr}\n${stdout}`.trimEnd().split('\n');
      resolve({ code: Number(error?.code ?? 0), lastLine: lines.at(-1) });
    });
  });
}

describe('on a machine with no other program', () => {
  it('tests that need Redis or nginx are skipped, the last line says how to get them, and the browser is the packed one', async () => {
    const { code, lastLine } = await testWithout([NEEDS_REDIS, NEEDS_NGINX, NEEDS_BROWSER]);
    expect(lastLine).toMatch(
      isPacked
        ? /^[1-9]\d* passed, 0 failed, 5 skipped \(no redis-server, no script, no nginx, no promtool: apt-get install redis-server bsdutils nginx prometheus\)$/
        : /^0 passed, 0 failed, \d+ skipped \(no redis-server, no script, no nginx, no promtool, no browser: apt-get install redis-server bsdutils nginx prometheus chromium\)$/,
    );
    expect(code).toBe(0);
  }, 120_000);

  it('nothing is skipped with CI=true: the run fails at once, and says what to get', async () => {
    const { code, lastLine } = await testWithout([NEEDS_REDIS], { CI: 'true' });
    expect(lastLine).toMatch(
      /^Failed: with CI=true no test is skipped: no redis-server.*: apt-get install redis-server/,
    );
    expect(code).toBe(1);
  }, 60_000);
});
