import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import requireChromium from './require-chromium.js';
import requireRedis from './require-redis.js';

/** Before the end-to-end tests: what they need on the machine, and a place for what all of them have seen. */
export default function setup() {
  requireRedis();
  requireChromium();
  process.env.SEEN_REPLIES = mkdtempSync(join(tmpdir(), 'seen-replies-'));
}
