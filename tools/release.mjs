// npm run release: tags the version of CHANGELOG.md on a tree that has passed every test, and prints its notes. Uses no network.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** Written by `.ci/run` once everything has passed: the tree that it was. */
export const TESTED = 'node_modules/.cache/tested-tree';

const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
const versionOf = (file, read) => read(JSON.parse(readFileSync(file, 'utf8')));

const [, version, notes = ''] =
  /^## (\d+\.\d+\.\d+)\n(.*?)(?=^## |$(?![^]))/ms.exec(readFileSync('CHANGELOG.md', 'utf8')) ?? [];
const tag = `v${version}`;

const versions = {
  'package.json': versionOf('package.json', (found) => found.version),
  'apps/gateway/openapi.json': versionOf('apps/gateway/openapi.json', ({ info }) => info.version),
  'libs/client/package.json': versionOf('libs/client/package.json', (found) => found.version),
};

const reasons = [
  git('status', '--porcelain') !== '' && 'there are changes that are not committed',
  version === undefined && 'CHANGELOG.md has no section of a version',
  ...Object.entries(versions).map(
    ([file, found]) => found !== version && `${file} says ${found}, and the newest section of CHANGELOG.md ${version}`,
  ),
  notes.trim() === '' && `CHANGELOG.md says nothing of ${version}`,
  git('tag', '--list', tag) !== '' && `there is a tag ${tag} already`,
  (!existsSync(TESTED) || readFileSync(TESTED, 'utf8').trim() !== git('rev-parse', 'HEAD^{tree}')) &&
    'this tree has not passed .ci/run on this machine',
].filter((reason) => reason !== false);

if (reasons.length > 0) {
  process.stderr.write(`Nothing is released:\n${reasons.map((reason) => `  - ${reason}`).join('\n')}\n`);
  process.exit(1);
}

// Verbatim: lines that begin with "#" are headings here.
execFileSync('git', ['tag', '-a', tag, '--cleanup=verbatim', '-F', '-'], { input: `${tag}\n\n${notes.trim()}\n` });
process.stdout.write(`${notes.trim()}\n\n${tag} is tagged. git push origin ${tag} publishes it.\n`);
