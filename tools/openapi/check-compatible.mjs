import { copyFileSync } from 'node:fs';
import { breakingChanges, isAnnounced } from './compatibility.mjs';

/**
 * Fails when the document breaks clients of the last released one and its version does not say so. With `--release` the
 * document becomes the released one.
 */
const RELEASED = 'apps/gateway/openapi.released.json';
const CURRENT = 'apps/gateway/openapi.json';

const changes = await breakingChanges(RELEASED, CURRENT);
if (changes.length > 0 && !(await isAnnounced(RELEASED, CURRENT))) {
  process.stderr.write(
    `These changes break clients of ${RELEASED}; they need a new major API_VERSION:\n${changes.join('\n')}\n`,
  );
  process.exitCode = 1;
} else if (process.argv.includes('--release')) copyFileSync(CURRENT, RELEASED);
