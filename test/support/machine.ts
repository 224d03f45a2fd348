// Read by Node itself as well, for the reporters: it imports nothing of ours.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Brought by `npm ci`; for Linux on x64 only. */
export const PACKED_CHROMIUM = 'node_modules/@sparticuz/chromium';
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** What tests need and a machine may lack: whether it is here, and the package of Debian that brings it. */
const NEEDS = {
  'redis-server': { isHere: () => found(['redis-server']) !== undefined, comesWith: 'redis-server' },
  script: { isHere: () => found(['script']) !== undefined, comesWith: 'bsdutils' },
  nginx: { isHere: () => found(['nginx']) !== undefined, comesWith: 'nginx' },
  promtool: { isHere: () => found(['promtool']) !== undefined, comesWith: 'prometheus' },
  browser: { isHere: () => installedBrowser() !== undefined || packedRunsHere(), comesWith: 'chromium' },
} as const;

export type Need = keyof typeof NEEDS;

export function isHere(need: Need): boolean {
  return NEEDS[need].isHere();
}

/** A sentence that names what this machine lacks, and the command that gets it; null if it lacks nothing. */
export function whatIsMissing(): string | null {
  const missing = (Object.keys(NEEDS) as Need[]).filter((need) => !isHere(need));
  if (missing.length === 0) return null;
  return `no ${missing.join(', no ')}: apt-get install ${missing.map((need) => NEEDS[need].comesWith).join(' ')}`;
}

/** Path of what CHROMIUM names, or else of the first browser on the PATH. */
export function installedBrowser(): string | undefined {
  return process.env['CHROMIUM'] ?? found(BROWSERS);
}

function packedRunsHere(): boolean {
  return process.platform === 'linux' && process.arch === 'x64' && existsSync(PACKED_CHROMIUM);
}

function found(names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file));
}
