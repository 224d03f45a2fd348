import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('peers', import.meta.url));

/**
 * Installs what only the bench needs, unless it is there.
 * @returns {string | null} why it could not be installed
 */
export function installPeers() {
  // npm writes this file last.
  const installed = `${FOLDER}/node_modules/.package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${FOLDER}/package.json`).mtimeMs) return null;
  process.stderr.write('installing the peers\n');
  const { status, stderr } = spawnSync('npm', ['ci'], { cwd: FOLDER, encoding: 'utf8' });
  if (status === 0) return null;
  return `npm ci failed in test/load/peers: ${/npm error (?!code)(.*)/.exec(stderr ?? '')?.[1] ?? 'npm does not run'}`;
}
