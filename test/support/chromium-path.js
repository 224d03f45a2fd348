import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** @returns {string | undefined} the first Chromium on the PATH, or what CHROMIUM names */
export function chromiumPath({ PATH = '', CHROMIUM } = process.env) {
  const folders = [...PATH.split(delimiter), '/usr/bin'];
  const found = [CHROMIUM, ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))];
  return found.find((file) => file !== undefined && existsSync(file));
}
