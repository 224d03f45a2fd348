import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { eventually } from '../support/eventually.js';
import { startGatewayProgram } from '../support/gateway-program.js';
import type { GatewayProgram } from '../support/gateway-program.js';
import { send } from '../support/http-client.js';
import { startLoggingGateway } from '../support/logging-gateway.js';
import { childrenOf, isRunning } from '../support/program.js';
import { readScrape, total } from '../support/prometheus-text.js';
import { freePort } from '../support/redis-server.js';

const PROCESSES = 3;
const TASK = '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013';
const TOKEN = 'operator-token-of-32-characters-!';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.close());

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<GatewayProgram> {
  const gateway = await startGatewayProgram({
    config: { server: { drainSeconds: 0 }, ...config },
    env: { ADMIN_TOKEN: TOKEN, GATEWAY_PROCESSES: String(PROCESSES) },
    simulatorUrl: simulator.url,
  });
  cleanups.push(gateway.kill);
  return gateway;
}

const asked = (): number => simulator.control.requests().filter(({ service }) => service === 'ims').length;

/** Asks so often, on connections of their own, that each process will have got some of them. @returns how often the cloud was asked meanwhile */
async function askAll(port: number): Promise<number> {
  const before = asked();
  for (let count = 0; count < 60; count += 1) expect((await send(port, { path: TASK })).status).toBe(200);
  return asked() - before;
}

describe('a gateway of several processes', () => {
  it('says once where it listens; without a Redis each process asks the cloud for itself', async () => {
    const { program, port } = await start();
    expect(program.out()).toMatch(/^task-gateway listens on http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(childrenOf(program.pid)).toHaveLength(PROCESSES);
    expect(await askAll(port)).toBe(PROCESSES);
    expect(await askAll(port)).toBe(0);
  });

  it('purge: holds in all of them at once, without a Redis', async () => {
    const adminPort = await freePort();
    const { port } = await start({ admin: { port: adminPort, token: '${ADMIN_TOKEN}' } });
    await askAll(port);
    for (const path of ['/admin/cache/providers/ims', `/admin/cache${TASK}`]) {
      const reply = await send(adminPort, { method: 'DELETE', path, headers: { authorization: `Bearer ${TOKEN}` } });
      expect([reply.status, reply.body]).toMatchObject([200, { everywhere: true }]);
      expect(await askAll(port)).toBe(PROCESSES);
    }
  });

  it('metrics add up, and a breaker that is opened by hand is open in all of them', async () => {
    const adminPort = await freePort();
    const { port } = await start({ admin: { port: adminPort, token: '${ADMIN_TOKEN}' } });
    await askAll(port);
    const headers = { authorization: `Bearer ${TOKEN}` };
    const figure = async (series: RegExp): Promise<readonly string[]> =>
      (await send(adminPort, { path: '/metrics', headers })).text.split('\n').filter((line) => series.test(line));
    for (let count = 0; count < 5; count += 1) {
      const served = await figure(/^task_gateway_http_requests_total\{.*provider="ims".*status="200"/);
      expect(served.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(60);
      expect(await figure(/^task_gateway_build_info\{/)).toEqual([expect.stringMatching(/ 1$/)]);
    }
    const body = JSON.stringify({ state: 'open' });
    const path = '/admin/breakers/ims/eu-demo-1';
    const json = { ...headers, 'content-type': 'application/json' };
    expect((await send(adminPort, { method: 'PUT', path, headers: json, body })).status).toBe(200);
    expect(await figure(/_breaker_state\{provider="ims",region="eu-demo-1",state="open"\}/)).toEqual([
      expect.stringMatching(/ 3$/),
    ]);
  });

  it('breaker that is opened by hand: is open in processes that take the place of all others but one, too', async () => {
    const adminPort = await freePort();
    const { program } = await start({ admin: { port: adminPort, token: '${ADMIN_TOKEN}' } });
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const path = '/admin/breakers/ims/eu-demo-1';
    const body = JSON.stringify({ state: 'open' });
    expect((await send(adminPort, { method: 'PUT', path, headers, body })).status).toBe(200);
    const dying = childrenOf(program.pid).slice(1);
    for (const pid of dying) process.kill(pid, 'SIGKILL');
    await eventually(() => !childrenOf(program.pid).some((pid) => dying.includes(pid)));
    await eventually(async () => {
      const { text } = await send(adminPort, { path: '/metrics', headers }).catch(() => ({ text: '' }));
      const open = { provider: 'ims', region: 'eu-demo-1', state: 'open' };
      return total(readScrape(text), 'task_gateway_upstream_breaker_state', open) === PROCESSES;
    });
  });

  it('metrics when one dies: no count falls, and none is taken twice', async () => {
    const adminPort = await freePort();
    const { port, program } = await start({ admin: { port: adminPort, token: '${ADMIN_TOKEN}' } });
    const scrape = async () => {
      const reply = await send(adminPort, { path: '/metrics', headers: { authorization: `Bearer ${TOKEN}` } });
      expect(reply.status).toBe(200);
      return readScrape(reply.text);
    };
    const served = { provider: 'ims', status: '200' };
    for (let turn = 1; turn <= 3; turn += 1) {
      await askAll(port);
      expect(total(await scrape(), 'task_gateway_http_requests_total', served)).toBe(60 * turn);
      const before = childrenOf(program.pid);
      const dying = before[0] ?? 0;
      process.kill(dying, 'SIGKILL');
      await eventually(() => !isRunning(dying));
      // Also while another takes its place.
      await eventually(async () => {
        // Connections that the dead one had not accepted are cut.
        const metrics = await scrape().catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'ECONNRESET') throw error;
          return null;
        });
        if (metrics === null) return false;
        for (const part of ['requests_total', 'request_duration_seconds_count'])
          expect(total(metrics, `task_gateway_http_${part}`, { provider: 'ims' })).toBe(60 * turn);
        return total(metrics, 'task_gateway_upstream_in_flight_limit') === PROCESSES * 64;
      });
    }
  });

  it('purge while one of them hangs: says that not all know', async () => {
    const adminPort = await freePort();
    const { port, program } = await start({ admin: { port: adminPort, token: '${ADMIN_TOKEN}' } });
    const [hanging = 0] = childrenOf(program.pid);
    process.kill(hanging, 'SIGSTOP');
    const purge = {
      method: 'DELETE',
      path: '/admin/cache/providers/ims',
      headers: { authorization: `Bearer ${TOKEN}` },
    };
    // Some of the connections are the hanging one's.
    const replies = Array.from({ length: 60 }, () => send(adminPort, purge));
    expect(await Promise.race(replies)).toMatchObject({ status: 202, body: { everywhere: false } });
    process.kill(hanging, 'SIGCONT');
    await Promise.all(replies);
    expect((await send(port, { path: '/livez' })).status).toBe(200);
  });

  it('one dies: the others serve on, and another takes its place', async () => {
    const { program, port } = await start();
    const before = childrenOf(program.pid);
    process.kill(before[0] ?? 0, 'SIGKILL');
    await eventually(() => !isRunning(before[0] ?? 0));
    expect((await send(port, { path: '/livez' })).status).toBe(200);
    await eventually(() => childrenOf(program.pid).some((pid) => !before.includes(pid)));
    // Those that were there, and the new one.
    let count = 0;
    await eventually(async () => (count += await askAll(port)) === PROCESSES);
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s: none is ready, all serve on, and a second one ends all at once', async (signal, code) => {
    const { program, port } = await start({ server: { drainSeconds: 3_000, shutdownSeconds: 3_000 } });
    const workers = childrenOf(program.pid);
    program.signal(signal);
    const statuses = async (path: string) =>
      new Set(await Promise.all(Array.from({ length: 60 }, async () => (await send(port, { path })).status)));
    await eventually(async () => !(await statuses('/readyz')).has(200));
    expect(await statuses('/livez')).toEqual(new Set([200]));
    const again = setInterval(() => program.signal(signal), 20);
    expect(await program.ended).toEqual({ code, signal: null });
    clearInterval(again);
    expect(workers.some(isRunning)).toBe(false);
    expect(program.err()).toBe('');
  });

  it('signal that the terminal sends to all of them: one stop', async () => {
    const { program, port } = await start({ server: { drainSeconds: 0.5, shutdownSeconds: 3_000 } });
    for (const pid of childrenOf(program.pid)) process.kill(pid, 'SIGINT');
    await eventually(async () => (await send(port, { path: '/readyz' })).status === 503);
    program.signal('SIGINT');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  it('hangs beyond server.shutdownSeconds: is ended', async () => {
    const { program } = await start({ server: { drainSeconds: 0, shutdownSeconds: 0.1 } });
    const [hanging = 0] = childrenOf(program.pid);
    process.kill(hanging, 'SIGSTOP');
    program.signal('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(isRunning(hanging)).toBe(false);
  });

  it('primary killed: the others end', async () => {
    const { program } = await start();
    const workers = childrenOf(program.pid);
    program.signal('SIGKILL');
    await eventually(() => !workers.some(isRunning));
  });

  it('logs: every line is whole, and names a caller alike in all of them', async () => {
    const config = { server: { drainSeconds: 0, processes: PROCESSES } };
    const gateway = await startLoggingGateway(cleanups, 'pipe', config);
    let out = '';
    gateway.child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
    expect(await gateway.ask('/providers', 3_000)).toEqual([200]);
    const ask = { path: TASK, headers: { 'x-auth-token': 'a-token' } };
    for (let count = 0; count < 60; count += 1) await send(Number(new URL(gateway.url).port), ask);
    const closed = once(gateway.child, 'close');
    gateway.child.kill('SIGTERM');
    await closed;
    const lines = out
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    expect(lines.filter(({ route }) => route === '/providers')).toHaveLength(3_000);
    const callers = lines.filter(({ provider }) => provider === 'ims').map(({ principal }) => principal);
    expect(callers).toHaveLength(60);
    expect(callers).toEqual(callers.map(() => expect.stringMatching(/^[\w-]{43}$/)));
    expect(new Set(callers).size).toBe(1);
  });
});
