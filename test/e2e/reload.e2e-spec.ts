import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEMO_PASSWORD } from '../../apps/cloud-simulator/src/accounts.js';
import { newApiKey } from '../support/api-keys.js';
import { eventually } from '../support/eventually.js';
import { startGatewayProgram } from '../support/gateway-program.js';
import type { GatewayProgram } from '../support/gateway-program.js';
import { send } from '../support/http-client.js';
import { needing } from '../support/needing.js';
import { freePort } from '../support/redis-server.js';
import { childrenOf, isRunning } from '../support/program.js';
import { PROJECT, REGION } from '../support/tasks.js';
import { secretsStage } from './support/secrets-stage.js';

const ADMIN_TOKEN = 'operator-token-of-32-characters-!';
const ID = 'ff8080814dbd65d7014dbe0d84db0013';
const TASK = `/tasks/ims/${ID}`;
const [ONE, OTHER] = [newApiKey('one'), newApiKey('other')];
const keys = (...entries: readonly object[]) => ({ access: { mode: 'apiKey', apiKeys: entries } });

const stage = secretsStage(() => gateway.kill());
let gateway: GatewayProgram;

const start = async (config: Readonly<Record<string, unknown>>): Promise<void> => {
  const env = { LOG_LEVEL: 'info', ADMIN_TOKEN };
  gateway = await startGatewayProgram({ config, env, simulatorUrl: stage.simulator.url });
};

const statusOf = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<number> =>
  (await send(gateway.port, { path, headers })).status;
const asks = ({ key }: { readonly key: string }, path = TASK): Promise<number> => statusOf(path, { 'x-api-key': key });

const region = (name: string, password = '${SIMULATOR_PASSWORD}') => ({
  name,
  iam: '${SIMULATOR_URL}/iam',
  endpoint: '${SIMULATOR_URL}/{service}',
  projectId: PROJECT,
  credentials: { mode: 'password', domain: 'demo', user: 'demo', password },
});

describe('SIGHUP', () => {
  it('keys and rights: count from the next request on', async () => {
    await start(keys(ONE.entry, OTHER.entry));
    expect([await asks(ONE), await asks(OTHER)]).toEqual([200, 200]);
    const said = await gateway.reload(keys({ ...OTHER.entry, regions: [REGION], projects: ['another'] }));
    expect(said).toBe('The configuration was read again. Changed: access.apiKeys');
    expect([await asks(ONE), await asks(OTHER)]).toEqual([401, 403]);
    await gateway.reload(keys(ONE.entry));
    expect([await asks(ONE), await asks(OTHER)]).toEqual([200, 401]);
  });

  it('regions, providers and limits: come, change and go', async () => {
    await start({ regions: [region('one')], providers: [] });
    const names = async (): Promise<unknown> => {
      const { body } = await send(gateway.port, { path: '/providers/ims' });
      return (body as { readonly regions: readonly { readonly name: string }[] }).regions.map(({ name }) => name);
    };
    expect([await names(), await statusOf(TASK)]).toEqual([['one'], 200]);
    await gateway.reload({ regions: [region('one'), region('two')], providers: [] });
    expect([await names(), await statusOf(TASK), await statusOf(`${TASK}?region=two`)]).toEqual([
      ['one', 'two'],
      400,
      200,
    ]);
    await gateway.reload({ regions: [region('one'), region('two')], providers: [{ id: 'ims', region: 'two' }] });
    expect(await statusOf(TASK)).toBe(200);
    const limits = { requestsPerSecond: 0.001, burst: 2 };
    await gateway.reload({ regions: [region('two')], providers: [], limits });
    expect([await statusOf(`${TASK}?region=one`), await statusOf(TASK), await statusOf(TASK)]).toEqual([400, 200, 429]);
    await gateway.reload({ regions: [region('two')], providers: [] });
    expect([await statusOf(TASK), await names()]).toEqual([200, ['two']]);
  });

  it('what operators see: is of the regions that there are', async () => {
    const admin = { port: await freePort(), token: '${ADMIN_TOKEN}' };
    await start({ admin, regions: [region('one')], providers: [] });
    const seen = async (path: string): Promise<readonly string[]> => {
      const { status, text } = await send(admin.port, { path, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
      expect(status).toBe(200);
      const named = [...text.matchAll(/\bregion"?[=:]"(\w+)"/g)].map(([, name = '']) => name);
      return [...new Set(named)].toSorted();
    };
    expect([await seen('/metrics'), await seen('/admin/state')]).toEqual([['one'], ['one']]);
    await gateway.reload({ admin, regions: [region('two'), region('three')], providers: [] });
    const two = ['three', 'two'];
    expect([await seen('/metrics'), await seen('/admin/state')]).toEqual([two, two]);
  });

  it('the token of operators: is another from the next request on', async () => {
    const file = join(stage.folder, 'operators');
    writeFileSync(file, ADMIN_TOKEN);
    const config = { admin: { port: await freePort(), token: `\${file:${file}}` } };
    await start(config);
    const asked = async (token: string): Promise<number> =>
      (await send(config.admin.port, { path: '/version', headers: { authorization: `Bearer ${token}` } })).status;
    const other = ADMIN_TOKEN.toUpperCase();
    expect([await asked(ADMIN_TOKEN), await asked(other)]).toEqual([200, 401]);
    writeFileSync(file, other);
    expect(await gateway.reload(config)).toBe('The configuration was read again. Changed: admin.token');
    expect([await asked(ADMIN_TOKEN), await asked(other)]).toEqual([401, 200]);
  });

  it('a secret in a file of its own: is read again, and never printed', async () => {
    const file = join(stage.folder, 'password');
    writeFileSync(file, 'not-the-password\n');
    const config = { regions: [region('one', '${file:' + file + '}')], providers: [] };
    await start(config);
    expect(await statusOf(TASK)).toBe(502);
    writeFileSync(file, `${DEMO_PASSWORD}\n`);
    expect(await gateway.reload(config)).toBe('The configuration was read again. Changed: regions');
    expect(await statusOf(TASK)).toBe(200);
    rmSync(file);
    expect(await gateway.reload(config)).toContain(
      `regions[0].credentials.password needs the file ${file}, which cannot be read`,
    );
    expect(await statusOf(`/tasks/ims/${ID}?view=basic`, { 'cache-control': 'no-cache' })).toBe(200);
    for (const secret of ['not-the-password', DEMO_PASSWORD]) expect(gateway.program.out()).not.toContain(secret);
  });

  it('what cannot be used: is refused whole, in the words of a start', async () => {
    await start(keys(ONE.entry));
    const bad = {
      ...keys(OTHER.entry),
      regions: [{ ...region('one'), endpoint: 'nowhere' }],
      limits: { burst: 0 },
      colour: 'red',
    };
    const said = await gateway.reload(bad);
    const other = startGatewayProgram({ config: bad, simulatorUrl: stage.simulator.url });
    const atStart = await other.then(
      ({ kill }) => kill().then(() => ''),
      (error: Error) => error.message,
    );
    const lines = (text: string) => text.split('\n').filter((line) => line.startsWith('  - '));
    expect(lines(said).length).toBeGreaterThan(2);
    expect(lines(said)).toEqual(lines(atStart));
    expect(said).toMatch(/^The configuration stays as it is\. The configuration cannot be used \(gateway\.yaml\):\n/);
    expect([await asks(ONE), await asks(OTHER)]).toEqual([200, 401]);
    expect(await gateway.reload(keys(OTHER.entry))).toContain('was read again');
    expect([await asks(ONE), await asks(OTHER)]).toEqual([401, 200]);
  });

  it('what needs a restart: is named, and refused with all that came along', async () => {
    await start(keys(ONE.entry));
    const said = await gateway.reload({
      ...keys(OTHER.entry),
      server: { drainSeconds: 1 },
      cache: { staleSeconds: 1 },
    });
    expect(said).toContain('  - cache.staleSeconds cannot change while the gateway runs: restart it');
    expect(said).toContain('  - server.drainSeconds cannot change while the gateway runs: restart it');
    expect([await asks(ONE), await asks(OTHER)]).toEqual([200, 401]);
  });

  it('200 requests a second, stored and not: none fails', async () => {
    const regions = [region('one'), region('two')];
    await start({ ...keys(ONE.entry), regions, providers: [] });
    const replies: Promise<number>[] = [];
    const ask = setInterval(() => {
      const path = `${TASK}?region=${replies.length % 2 === 0 ? 'one' : 'two'}`;
      const headers = { 'x-api-key': ONE.key, ...(replies.length % 5 === 0 ? { 'cache-control': 'no-cache' } : {}) };
      replies.push(statusOf(path, headers));
    }, 5);
    try {
      for (let turn = 0; turn < 8; turn += 1) {
        const enough = replies.length + 40;
        const more = turn % 2 === 0 ? [region('three')] : [];
        const limits = { requestsPerSecond: 90_000 + turn };
        // One stays as it is, the other has other credentials each time.
        const secret = turn % 2 === 0 ? '${SIMULATOR_PASSWORD}' : `\${file:${join(stage.folder, 'right')}}`;
        writeFileSync(join(stage.folder, 'right'), DEMO_PASSWORD);
        const changed = [region('one'), { ...region('two', secret), projectId: PROJECT, default: turn % 2 === 0 }];
        const said = await gateway.reload({
          ...keys(ONE.entry, ...(turn % 2 === 0 ? [OTHER.entry] : [])),
          regions: [...changed, ...more],
          providers: [],
          limits,
        });
        expect(said).toContain('was read again');
        await eventually(() => replies.length >= enough);
      }
    } finally {
      clearInterval(ask);
    }
    const statuses = await Promise.all(replies);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

needing('script').describe('a gateway in a terminal', () => {
  it('is reloaded by SIGHUP, and ends where its terminal is gone', async () => {
    gateway = await startGatewayProgram();
    const env = {
      ...process.env,
      GATEWAY_CONFIG: resolve('config/demo.yaml'),
      SIMULATOR_URL: stage.simulator.url,
      SIMULATOR_PASSWORD: DEMO_PASSWORD,
      PORT: '0',
    };
    const main = resolve('dist/apps/gateway/src/main.js');
    const terminal = spawn('script', ['-qec', `exec ${process.execPath} ${main}`, '/dev/null'], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let out = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    await eventually(() => out.includes('listens on'));
    const [pid = 0] = childrenOf(terminal.pid ?? 0);
    process.kill(pid, 'SIGHUP');
    await eventually(() => out.includes('was read again'));
    terminal.kill('SIGKILL');
    await eventually(() => !isRunning(pid));
  });
});
