import { readFileSync } from 'node:fs';
import { runNginx } from '../../support/nginx.js';
import { freePort } from '../../support/redis-server.js';

const SERVERS = /(?:^ +server 127.*\n)+/m;

export interface ProxiedGateways {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** nginx with the example of this repository, before gateways on these ports. */
export async function startExample(ports: readonly number[]): Promise<ProxiedGateways> {
  const port = await freePort();
  const example = readFileSync('deploy/nginx/task-gateway.conf', 'utf8');
  const [first = ''] = SERVERS.exec(example)?.[0].split('\n') ?? [];
  const servers = ports.map((own) => `${first.replace(/:\d+/, `:${own}`)}\n`);
  const site = example.replace(SERVERS, servers.join('')).replace('listen 8080;', `listen 127.0.0.1:${port};`);
  const { stop } = await runNginx(site, [port]);
  return { port, stop };
}
