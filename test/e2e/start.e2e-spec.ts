import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '../support/eventually.js';
import { childrenOf, isRunning, run } from '../support/program.js';
import type { Program, ProgramOptions } from '../support/program.js';
import { freePort } from '../support/redis-server.js';
import { openStream } from '../support/stream-reader.js';

/** `npm test` builds it first. */
const MAIN = resolve('dist/apps/gateway/src/main.js');
const REGION = 'regions: [{ name: eu, endpoint: "http://127.0.0.1/{service}", credentials: { mode: passthrough } }]';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const running: Program[] = [];
function start(file: string, options?: ProgramOptions): Program {
  const program = run(file, options);
  running.push(program);
  return program;
}
afterEach(async () => {
  for (const program of running.splice(0)) {
    program.signal('SIGKILL');
    await program.ended;
  }
});

function startWith(config: string, env: Readonly<Record<string, string>> = {}): Program {
  const file = join(folder, 'gateway.yaml');
  writeFileSync(file, config);
  return start(MAIN, { cwd: folder, env: { GATEWAY_CONFIG: file, PORT: '0', ...env } });
}

async function startError(program: Program): Promise<string> {
  expect(await program.ended).toEqual({ code: 1, signal: null });
  expect(program.out()).toBe('');
  return program.err();
}

describe('the gateway does not start', () => {
  it('without a configuration: says how to get one', async () => {
    const empty = mkdtempSync(join(folder, 'empty-'));
    expect(await startError(start(MAIN, { cwd: empty }))).toBe(
      'The configuration cannot be used (gateway.yaml):\n' +
        '  - the file cannot be read: copy config/gateway.example.yaml, name your regions, and point GATEWAY_CONFIG at it\n',
    );
  });

  it.each(['1', '3'])(
    'with a bad configuration, %s processes: names everything that is wrong with it',
    async (GATEWAY_PROCESSES) => {
      const config = `
server: { colour: red }
regions:
  - name: eu
    endpoint: nowhere
    iam: https://iam.example.com
    credentials: { mode: password, domain: d, user: u, password: '\${THE_PASSWORD}' }
providers: [{ id: ims, projectId: '..' }]
`;
      const lines = (await startError(startWith(config, { PORT: 'many', GATEWAY_PROCESSES }))).trimEnd().split('\n');
      expect(lines[0]).toMatch(/^The configuration cannot be used \(.*gateway\.yaml\):$/);
      const places = new Set(lines.slice(1).map((line) => /^ {2}- ([^\s:]+)/.exec(line)?.[1]));
      expect([...places].toSorted()).toEqual(
        [
          'providers[0].projectId',
          'regions[0].credentials.password',
          'regions[0].endpoint',
          'server.colour',
          'server.port',
        ].toSorted(),
      );
      expect(lines.join('\n')).toContain('needs the environment variable THE_PASSWORD, which is not set');
    },
  );

  it.each(['1', '3'])('without its document, %s processes: names the file once', async (GATEWAY_PROCESSES) => {
    const copy = mkdtempSync(join(folder, 'copy-'));
    cpSync('dist', join(copy, 'dist'), { recursive: true });
    cpSync('package.json', join(copy, 'package.json'));
    symlinkSync(resolve('node_modules'), join(copy, 'node_modules'));
    rmSync(join(copy, 'dist/apps/gateway/openapi.json'));
    const file = join(copy, 'gateway.yaml');
    writeFileSync(file, `server: { logLevel: silent }\n${REGION}`);
    const main = join(copy, 'dist/apps/gateway/src/main.js');
    expect(
      await startError(start(main, { cwd: copy, env: { GATEWAY_CONFIG: file, PORT: '0', GATEWAY_PROCESSES } })),
    ).toMatch(/^The gateway cannot start: .*no such file.*dist\/apps\/gateway\/openapi\.json.*\n$/);
  });

  it.each(['1', '3'])('on a port that is taken, %s processes: says once what to do', async (GATEWAY_PROCESSES) => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    const message = await startError(startWith(REGION, { PORT: String(port), LOG_LEVEL: 'silent', GATEWAY_PROCESSES }));
    other.close();
    expect(message).toBe('The address is in use by another program: set PORT to a free one.\n');
  });

  it.each(['1', '3'])("on an operators' port that is taken, %s processes: says so", async (GATEWAY_PROCESSES) => {
    // As processes of another gateway share theirs.
    const other = createServer().listen({ port: 0, host: '127.0.0.1', reusePort: true });
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    const config = `{ admin: { port: ${port}, token: "\${TOKEN}" }, ${REGION} }`;
    const env = { TOKEN: 'operator-token-of-32-characters-!', LOG_LEVEL: 'silent', GATEWAY_PROCESSES };
    const message = await startError(startWith(config, env)).finally(() => other.close());
    expect(message).toBe('The address is in use by another program: set admin.port to a free one.\n');
  });
});

describe('the demo', () => {
  const readTask = async (url: string) => (await (await fetch(url)).json()) as { readonly done: boolean };

  it('PORT: comes up there, answers what it prints, and ends with everything that it started', async () => {
    const port = await freePort();
    const demo = start(resolve('tools/start-demo.mjs'), { env: { PORT: String(port), LOG_LEVEL: 'silent' } });
    await demo.prints('Stop with Ctrl-C.');
    const urls = [...demo.out().matchAll(/curl (http\S+)/g)].map(([, url = '']) => url);
    expect(urls.map((url) => new URL(url).origin)).toEqual(Array.from({ length: 4 }, () => `http://127.0.0.1:${port}`));
    const living = urls.pop() ?? '';
    const tasks = await Promise.all(urls.map(readTask));
    expect(tasks).toEqual(
      ['apig', 'ims', 'dms'].map((provider) =>
        expect.objectContaining({ provider, status: 'succeeded', outcome: 'success' }),
      ),
    );
    const [, input = '', control = ''] = /curl -d '(.*)' (\S+)/.exec(demo.out()) ?? [];
    // With an id of its own.
    expect(readFileSync('README.md', 'utf8')).toContain(`curl -d '${input.replace(/[0-9a-f]{32}/, '5eed'.repeat(8))}'`);
    expect((await fetch(control, { method: 'POST', body: input })).status).toBe(201);
    expect(await readTask(living)).toMatchObject({ status: 'running', done: false });
    const stream = await openStream(port, { path: `${new URL(living).pathname}/events` });
    await stream.data('task');
    await fetch(new URL('clock', control), { method: 'POST', body: '{"advanceMs": 20000}' });
    await eventually(async () => (await readTask(living)).done);
    expect(await readTask(living)).toMatchObject({ status: 'succeeded', outcome: 'success' });
    expect(await stream.ended).toBe(true);
    expect(await stream.data('end')).toEqual([{ kind: 'end', reason: 'done' }]);
    const children = childrenOf(demo.pid);
    expect(children.map(isRunning)).toEqual([true, true]);
    demo.signal('SIGTERM');
    expect(await demo.ended).toEqual({ code: 0, signal: null });
    expect(children.map(isRunning)).toEqual([false, false]);
    expect(demo.err()).toBe('');
  }, 30_000);

  it('twice at once: both come up, whoever has the usual port', async () => {
    const env = { PORT: '0', LOG_LEVEL: 'silent' };
    const demos = [0, 1].map(() => start(resolve('tools/start-demo.mjs'), { env }));
    await Promise.all(demos.map((demo) => demo.prints('Stop with Ctrl-C.')));
    for (const demo of demos) demo.signal('SIGTERM');
    for (const demo of demos) expect(await demo.ended).toEqual({ code: 0, signal: null });
  }, 60_000);

  it('port that is taken: ends with a reason', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => other.once('listening', listening));
    const { port } = other.address() as AddressInfo;
    const demo = start(resolve('tools/start-demo.mjs'), { env: { PORT: String(port), LOG_LEVEL: 'silent' } });
    const { code } = await demo.ended;
    other.close();
    expect(code).toBe(1);
    expect(demo.err()).toBe('The address is in use by another program: set PORT to a free one.\n');
  }, 30_000);
});

describe('SIGHUP while the gateway starts', () => {
  it.each([1, 2])('%s processes: it starts, and all of them have the new configuration', async (processes) => {
    const file = join(mkdtempSync(join(folder, 'pipe-')), 'gateway.yaml');
    expect(spawnSync('mkfifo', [file]).status).toBe(0);
    const gateway = start(MAIN, { env: { GATEWAY_CONFIG: file, PORT: '0', GATEWAY_PROCESSES: String(processes) } });
    // Whoever has read it is still far from listening.
    await writeFile(file, REGION);
    writeFileSync(`${file}.new`, REGION.replace('name: eu', 'name: another'));
    renameSync(`${file}.new`, file);
    gateway.signal('SIGHUP');
    await gateway.prints('listens on');
    const url = /http:\S+/.exec(gateway.out())?.[0];
    const regions = async (): Promise<string> => (await fetch(`${url}/providers/ims`)).text();
    await eventually(async () => (await regions()).includes('"name":"another"'));
    // Each connection is one of them.
    const answers = await Promise.all(Array.from({ length: 20 * processes }, regions));
    expect(answers.filter((text) => !text.includes('"name":"another"'))).toEqual([]);
  });
});

describe('HOST=localhost', () => {
  it('name that means ::1 first: 127.0.0.1 all the same', async () => {
    const resolver = `
      const dns = process.getBuiltinModule('node:dns');
      const { lookup } = dns;
      dns.lookup = (name, ...rest) => lookup(name === 'localhost' ? '::1' : name, ...rest);`;
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(resolver)}`;
    const program = startWith(REGION, { HOST: 'localhost', NODE_OPTIONS });
    await program.prints('listens on http://localhost:');
    const port = /localhost:(\d+)/.exec(program.out())?.[1];
    expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  });
});
