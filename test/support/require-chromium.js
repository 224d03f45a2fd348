import { chromiumPath } from './chromium-path.js';

/** The client is tested in a real browser. */
export default function requireChromium() {
  if (chromiumPath() !== undefined) return;
  process.stderr.write('\nThe tests run the client in a browser: install one with "apt-get install chromium".\n');
  process.exit(1);
}
