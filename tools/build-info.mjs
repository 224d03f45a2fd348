// Says which commit a build is of, where that is known: COMMIT, for builds without a repository, or else git.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

function commitHere() {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

const commit = process.env.COMMIT || commitHere();
writeFileSync('dist/apps/gateway/build.json', `${JSON.stringify({ commit })}\n`);
