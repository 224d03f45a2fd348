import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What stands in a file after a disk was full while a process wrote these lines to it, each of 1,000 characters. */
async function writtenAround(lines: number, end: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  const file = join(folder, 'log');
  const program = `
    import { closeSync, openSync, statSync, write } from 'node:fs';
    import { LineOutput } from './apps/gateway/src/http/line-output.ts';
    const fd = openSync('/dev/full', 'w');
    const output = new LineOutput(fd, true);
    for (let index = 0; index < ${lines}; index += 1) output.write(String(index).padEnd(999) + '\\n');
    // When the last of these is refused, lines have been, too.
    for (let round = 0; round < 4; round += 1) await new Promise((refused) => write(fd, 'x', refused));
    closeSync(fd);
    if (openSync(${JSON.stringify(file)}, 'w') !== fd) throw new Error('another descriptor');
    const holds = async (length) => {
      while (statSync(${JSON.stringify(file)}).size < length) await new Promise(setImmediate);
    };
    ${end}`;
  try {
    await run(process.execPath, ['--input-type=module', '--eval', program]);
    const text = readFileSync(file, 'utf8');
    return text.trimEnd().split(/ *\n/);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const first = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => String(index));

it('a full disk: has space again, and what was kept is written, once and in order', async () => {
  expect(await writtenAround(1_000, 'await holds(1_000_000);')).toEqual(first(1_000));
});

it('a full disk: what was not kept is counted where it is missing', async () => {
  const end = "await holds(1_048_001); output.write('later\\n'); output.flushSync();";
  const lines = await writtenAround(2_000, end);
  const kept = 1_048;
  expect(lines.slice(0, kept)).toEqual(first(kept));
  expect(JSON.parse(lines[kept] ?? '')).toMatchObject({ level: 40, dropped: 2_000 - kept });
  expect(lines.slice(kept + 1)).toEqual(['later']);
});

it('a full disk: the last words of a process are written where there is space again', async () => {
  expect(await writtenAround(10, 'output.flushSync();')).toEqual(first(10));
});
