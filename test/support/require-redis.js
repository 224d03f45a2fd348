import { spawnSync } from 'node:child_process';

/** The end-to-end tests talk to real Redis servers that they start themselves. */
export default function requireRedis() {
  if (spawnSync('redis-server', ['--version']).status === 0) return;
  process.stderr.write('\nThe tests start their own Redis servers: install one with "apt-get install redis-server".\n');
  process.exit(1);
}
