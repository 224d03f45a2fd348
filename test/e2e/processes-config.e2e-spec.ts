import { describe, expect, it } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newApiKey } from '../support/api-keys.js';
import { eventually } from '../support/eventually.js';
import { startGatewayProgram } from '../support/gateway-program.js';
import type { GatewayProgram } from '../support/gateway-program.js';
import { send } from '../support/http-client.js';
import { childrenOf, isRunning } from '../support/program.js';
import { freePort } from '../support/redis-server.js';
import { secretsStage } from './support/secrets-stage.js';

const PROCESSES = 3;
/** So many connections that each process has got some of them. */
const CONNECTIONS = 60;
const [TOKEN, OTHER_TOKEN] = ['operator-token-in-a-file-of-its-own', 'another-token-in-the-file-of-its-own'];
const [ONE, OTHER] = [newApiKey('one'), newApiKey('other')];

const stage = secretsStage(() => gateway.kill());
let gateway: GatewayProgram;
let secret: string;
let adminPort: number;

const keys = (entry: object, sections: object = {}) => ({
  server: { drainSeconds: 0 },
  access: { mode: 'apiKey', apiKeys: [entry] },
  admin: { port: adminPort, token: '${file:' + secret + '}' },
  ...sections,
});

async function start(): Promise<void> {
  secret = join(stage.folder, 'operators');
  writeFileSync(secret, TOKEN);
  adminPort = await freePort();
  gateway = await startGatewayProgram({
    config: keys(ONE.entry),
    env: { GATEWAY_PROCESSES: String(PROCESSES), LOG_LEVEL: 'info' },
    simulatorUrl: stage.simulator.url,
  });
}

/** Statuses of all of them; what a process had accepted that was killed is lost. */
async function statuses(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<Set<number>> {
  const replies = Array.from({ length: CONNECTIONS }, () => send(port, { path, headers }));
  return new Set((await Promise.allSettled(replies)).flatMap((reply) => ('value' in reply ? reply.value.status : [])));
}
const asks = ({ key }: { readonly key: string }) => statuses(gateway.port, '/providers', { 'x-api-key': key });
const operates = (token: string) => statuses(adminPort, '/version', { authorization: `Bearer ${token}` });

const workers = (): readonly number[] => childrenOf(gateway.program.pid);

/** Kills all, and waits until one serves that has taken the place of another. */
async function replaceAll(): Promise<void> {
  const dying = workers();
  for (const pid of dying) process.kill(pid, 'SIGKILL');
  await eventually(() => !dying.some(isRunning));
  await eventually(async () => (await statuses(gateway.port, '/livez', {})).has(200));
}

const said = (text: string): number => gateway.program.out().split(text).length - 1;

/** All are of one mind: about keys, and about what stands in files of their own. */
async function allHave(own: typeof ONE, other: typeof ONE, token: string, otherToken: string): Promise<void> {
  expect([await asks(own), await asks(other)]).toEqual([new Set([200]), new Set([401])]);
  expect([await operates(token), await operates(otherToken)]).toEqual([new Set([200]), new Set([401])]);
}

describe('processes that take the places of others', () => {
  it('files that changed without a SIGHUP: have the configuration of those', async () => {
    await start();
    gateway.configure(keys(OTHER.entry));
    writeFileSync(secret, OTHER_TOKEN);
    await replaceAll();
    await allHave(ONE, OTHER, TOKEN, OTHER_TOKEN);
  });

  it('SIGHUP that was refused: have the configuration of those, and the log has said why once', async () => {
    await start();
    gateway.configure(keys(OTHER.entry, { limits: { burst: 0 } }));
    writeFileSync(secret, OTHER_TOKEN);
    gateway.program.signal('SIGHUP');
    await eventually(() => said('The configuration stays as it is.') > 0);
    gateway.configure(keys(OTHER.entry));
    await replaceAll();
    await allHave(ONE, OTHER, TOKEN, OTHER_TOKEN);
    expect(said('The configuration stays as it is.')).toBe(1);
    expect(said('The configuration was read again.')).toBe(0);
  });

  it('SIGHUP that was taken: have what those had, though the files are gone', async () => {
    await start();
    gateway.configure(keys(OTHER.entry));
    gateway.program.signal('SIGHUP');
    await eventually(() => said('The configuration was read again. Changed: access.apiKeys') === PROCESSES);
    gateway.configure({ nothing: 'of use' });
    rmSync(secret);
    await replaceAll();
    await allHave(OTHER, ONE, TOKEN, OTHER_TOKEN);
  });

  it('SIGHUP while one of them starts: it has the new configuration', async () => {
    await start();
    const [dying = 0, ...others] = workers();
    process.kill(dying, 'SIGKILL');
    await eventually(() => workers().some((pid) => pid !== dying && !others.includes(pid)));
    gateway.configure(keys(OTHER.entry));
    gateway.program.signal('SIGHUP');
    await eventually(() => said('The configuration was read again. Changed: access.apiKeys') === PROCESSES);
    await allHave(OTHER, ONE, TOKEN, OTHER_TOKEN);
  });
});

describe('what several processes share', () => {
  it('secrets: stand in none of their arguments, variables and logs', async () => {
    await start();
    gateway.program.signal('SIGHUP');
    await eventually(() => said('The configuration was read again. Changed: nothing') === PROCESSES);
    const of = (pid: number, what: string): readonly string[] =>
      readFileSync(`/proc/${pid}/${what}`, 'utf8').split('\0').filter(Boolean);
    const own = new Set(of(gateway.program.pid, 'environ').map((variable) => variable.split('=', 1)[0]));
    for (const pid of workers()) {
      const added = of(pid, 'environ').filter((variable) => !own.has(variable.split('=', 1)[0]));
      // Node's own, for the channel between them.
      expect(added.filter((variable) => !variable.startsWith('NODE_CHANNEL_'))).toEqual([]);
      expect(of(pid, 'environ').join()).not.toContain(TOKEN);
      expect(of(pid, 'cmdline').slice(-2)).toEqual([expect.stringMatching(/main\.js$/), 'worker']);
    }
    expect(gateway.program.out() + gateway.program.err()).not.toContain(TOKEN);
  });
});
