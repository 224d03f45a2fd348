import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const FILES = ['CHANGELOG.md', 'package.json', 'apps/gateway/openapi.json', 'libs/client/package.json', '.gitignore'];
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string };

const { PATH = '' } = process.env;
const SOMEBODY = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((role) => [
    [`GIT_${role}_NAME`, 'somebody'],
    [`GIT_${role}_EMAIL`, 'somebody@example.com'],
  ]),
);

let clone: string;
const env = (): Readonly<Record<string, string>> => ({ PATH, HOME: clone, ...SOMEBODY });
const git = (...args: string[]): string =>
  execFileSync('git', args, { cwd: clone, env: env(), encoding: 'utf8' }).trim();

/** A repository with what a release looks at, all of it tested. */
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'release-'));
  git('init', '-q');
  for (const file of FILES) {
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(file, join(clone, file));
  }
  commit();
});
afterEach(() => rmSync(clone, { recursive: true }));

function commit(): void {
  git('add', '-A');
  git('commit', '-qm', 'all');
  mkdirSync(join(clone, 'node_modules/.cache'), { recursive: true });
  writeFileSync(join(clone, 'node_modules/.cache/tested-tree'), `${git('rev-parse', 'HEAD^{tree}')}\n`);
}

function release(): { readonly out: string; readonly reasons: readonly string[] } {
  const options = { cwd: clone, env: env(), encoding: 'utf8' } as const;
  const { stdout, stderr, status } = spawnSync(process.execPath, [resolve('tools/release.mjs')], options);
  expect(status).toBe(stderr === '' ? 0 : 1);
  return { out: stdout, reasons: stderr.split('\n').filter((line) => line.startsWith('  - ')) };
}

function change(file: string, edit: (text: string) => string): void {
  const path = join(clone, file);
  writeFileSync(path, edit(readFileSync(path, 'utf8')));
}

describe('npm run release', () => {
  it('a tested tree: is tagged with its notes, and only once', () => {
    const { out, reasons } = release();
    expect(reasons).toEqual([]);
    expect(out).toContain(`v${version} is tagged`);
    expect(git('tag', '--list')).toBe(`v${version}`);
    const message = git('tag', '--list', '--format=%(contents)', `v${version}`);
    expect(message).toContain('### Added');
    expect(message).not.toMatch(/^## /m);
    expect(release().reasons).toEqual([expect.stringContaining(`there is a tag v${version} already`)]);
  });

  it.each<[string, () => void, RegExp]>([
    ['changes that are not committed', () => change('package.json', (text) => `${text}\n`), /not committed/],
    [
      'another version in package.json',
      () => change('package.json', (text) => text.replace(`"version": "${version}"`, '"version": "0.0.1"')),
      /package\.json says 0\.0\.1/,
    ],
    [
      'another version in the document',
      () =>
        change('apps/gateway/openapi.json', (text) => text.replace(`"version": "${version}"`, '"version": "9.0.0"')),
      /openapi\.json says 9\.0\.0/,
    ],
    [
      'no notes',
      () => change('CHANGELOG.md', () => `# Changelog\n\n## ${version}\n\n## 1.0.0\n\nAll.\n`),
      /says nothing of/,
    ],
    ['no version', () => change('CHANGELOG.md', () => '# Changelog\n'), /has no section/],
  ])('%s: nothing is tagged', (what, edit, reason) => {
    edit();
    if (!what.includes('not committed')) commit();
    expect(release().reasons).toContainEqual(expect.stringMatching(reason));
    expect(git('tag', '--list')).toBe('');
  });

  it('a tree that is not the one that was tested: nothing is tagged', () => {
    change('package.json', (text) => text.replace('"private": true', '"private":  true'));
    git('commit', '-qam', 'untested');
    expect(release().reasons).toEqual([expect.stringContaining('has not passed .ci/run')]);
    rmSync(join(clone, 'node_modules'), { recursive: true });
    expect(release().reasons).toEqual([expect.stringContaining('has not passed .ci/run')]);
    expect(git('tag', '--list')).toBe('');
  });
});
