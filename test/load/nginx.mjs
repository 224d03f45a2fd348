import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/redis-server.ts';
import { pathOf } from './machine.mjs';
import { startCommand } from './program.mjs';

/** One worker that keeps what an origin answers, and asks it once for many who ask at the same time. */
const configuration = (folder, port, origin) => `
${process.getuid() === 0 ? 'user root;' : ''}
daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/temp;
  proxy_cache_path ${folder}/cache keys_zone=tasks:10m;
  upstream origin { server ${new URL(origin).host}; keepalive 64; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache tasks; proxy_cache_valid 200 1h; proxy_cache_lock on;
    }
  }
}
`;

/** Starts nginx before an origin. */
export async function startNginx(stage, origin) {
  const port = await freePort();
  const folder = join(stage.folder, `nginx-${port}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, origin));
  const command = pathOf('nginx');
  const args = ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')];
  return startCommand(command, args, `http://127.0.0.1:${port}`);
}
