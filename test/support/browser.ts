import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import type { BrowserContext } from 'playwright-core';
import { installedBrowser, PACKED_CHROMIUM } from './machine.js';

const CACHE = resolve('node_modules/.cache');
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts what CHROMIUM names, a browser on the PATH or the packed one, in that order; its profile is kept in the folder. */
export async function launchBrowser(folder: string): Promise<BrowserContext> {
  const installed = installedBrowser();
  if (installed !== undefined)
    return chromium.launchPersistentContext(folder, { executablePath: installed, args: FLAGS });
  const unpacked = await unpackedChromium();
  // It brings the libraries that a machine without a desktop lacks; fonts it takes from the system, or none.
  const { FONTCONFIG_PATH: _, ...env } = process.env;
  return chromium.launchPersistentContext(folder, {
    executablePath: join(unpacked, 'chromium'),
    args: FLAGS,
    env: { ...env, LD_LIBRARY_PATH: join(unpacked, 'al2023/lib') },
  });
}

/** Unpacks it once; of several processes that do so at a time the first to end is believed. */
async function unpackedChromium(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(PACKED_CHROMIUM, 'package.json'), 'utf8')) as { version: string };
  const folder = join(CACHE, `chromium-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const staged = await mkdtemp(join(CACHE, 'unpacking-'));
  await inflate(staged);
  await rename(staged, folder).catch(async (error: unknown) => {
    await rm(staged, { recursive: true });
    if (!existsSync(folder)) throw error;
  });
  return folder;
}

/** The package unpacks into the folder for temporary files, which only a process of its own can have elsewhere. */
async function inflate(folder: string): Promise<void> {
  const code = `
    import { inflate } from '@sparticuz/chromium';
    const files = ['chromium.br', 'al2023.tar.br'];
    await Promise.all(files.map((file) => inflate(\`${PACKED_CHROMIUM}/bin/\${file}\`)));`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, TMPDIR: folder },
  });
}
