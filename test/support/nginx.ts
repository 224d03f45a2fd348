import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { send } from './http-client.js';
import { freePort } from './redis-server.js';

export interface Nginx {
  /** Of a proxy with these directives, in their order. */
  readonly urls: readonly string[];
  readonly stop: () => Promise<void>;
}

/**
 * Starts nginx before a server: a proxy for each of these lists of directives, which are added to what nginx does by default.
 * @param port of the server
 */
export async function startNginx(port: number, directives: readonly string[]): Promise<Nginx> {
  const ports: number[] = [];
  for (const _ of directives) ports.push(await freePort());
  const servers = directives.map(
    (own, index) =>
      `server { listen 127.0.0.1:${ports[index]}; location / { proxy_pass http://127.0.0.1:${port}; ${own} } }`,
  );
  return runNginx(servers.join('\n'), ports);
}

/** Runs nginx until it answers on all these ports. @param sites what stands in its section `http` */
export async function runNginx(sites: string, ports: readonly number[]): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const configuration = `
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr error;
    events { worker_connections 1024; }
    http { access_log off; ${temporary.join(' ')} ${sites} }`;
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration);
  const child = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`nginx has ended: ${complaints}`);
    const replies = ports.map((each) => send(each, { path: '/livez' }).then(({ status }) => status === 200));
    return (await Promise.all(replies.map((reply) => reply.catch(() => false)))).every(Boolean);
  });
  return { urls: ports.map((each) => `http://127.0.0.1:${each}`), stop };
}
