import { afterEach, expect, it } from '@jest/globals';
import { lookup as systemLookup } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNameServer, type NameServer } from '../testing/name-server.js';
import { NameResolver } from './name-resolver.js';

const ADDRESSES = [{ address: '192.0.2.7', family: 4 }];
let server: NameServer | undefined;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function resolving(answer: Parameters<typeof startNameServer>[0], hosts = ''): Promise<NameResolver> {
  const folder = mkdtempSync(join(tmpdir(), 'names-'));
  const hostsFile = join(folder, 'hosts');
  writeFileSync(hostsFile, hosts);
  server = await startNameServer(answer);
  const { address, close } = server;
  closing.push(close, () => rmSync(folder, { recursive: true }));
  return new NameResolver({ servers: [address], answerMs: 500, hostsFile });
}

it('names that no server answers for: others are found meanwhile, by the system too', async () => {
  const names = await resolving((name) => (name.startsWith('silent') ? 'silent' : '192.0.2.7'));
  const silent = Array.from({ length: 40 }, (_, index) => names.resolve(`silent-${index % 8}.test`));
  const outcomes = Promise.allSettled(silent);
  expect(await names.resolve('good.test')).toEqual(ADDRESSES);
  expect(await systemLookup('localhost')).toMatchObject({ address: expect.any(String) });
  for (const { status, reason } of (await outcomes) as PromiseRejectedResult[])
    expect({ status, code: reason.code }).toEqual({ status: 'rejected', code: 'EAI_AGAIN' });
  // Each name once, and once more as it was not answered.
  for (let index = 0; index < 8; index += 1) expect(server?.queries.get(`silent-${index}.test`)).toBe(2);
});

it('name that many look up: one query, and none while the answer is valid', async () => {
  const names = await resolving(() => '192.0.2.7');
  const all = await Promise.all(Array.from({ length: 100 }, () => names.resolve('cloud.test')));
  expect(all).toEqual(Array.from({ length: 100 }, () => ADDRESSES));
  await names.resolve('cloud.test');
  expect(server?.queries.get('cloud.test')).toBe(1);
});

/** As if the answers so far were that old. */
function pass(seconds: number): void {
  const { now } = Date;
  const passed = now() + seconds * 1_000;
  Date.now = () => passed;
  closing.push(() => (Date.now = now));
}

it('servers that fall silent: the old addresses stay in use, and the next lookups do not wait', async () => {
  let silent = false;
  const names = await resolving(() => (silent ? 'silent' : '192.0.2.7'));
  await names.resolve('cloud.test');
  silent = true;
  pass(61);
  expect(await names.resolve('cloud.test')).toEqual(ADDRESSES);
  expect(server?.queries.get('cloud.test')).toBe(2);
  const first = await Promise.race([names.resolve('cloud.test'), new Promise((turn) => setImmediate(turn))]);
  expect(first).toEqual(ADDRESSES);
});

it.each(['broken', 'refused'])('renewal that is %s: the old addresses stay in use', async (trouble) => {
  let answer = '192.0.2.7';
  const names = await resolving(() => answer);
  await names.resolve('cloud.invalid');
  answer = trouble;
  pass(61);
  expect(await names.resolve('cloud.invalid')).toEqual(ADDRESSES);
});

it('name that is gone: its old addresses are in use no longer', async () => {
  let answer = '192.0.2.7';
  const names = await resolving(() => answer);
  await names.resolve('cloud.invalid');
  answer = 'unknown';
  pass(61);
  // A machine without name servers cannot tell.
  const system = await systemLookup('cloud.invalid').catch(({ code }: NodeJS.ErrnoException) => code);
  const outcome = await names.resolve('cloud.invalid').catch(({ code }: NodeJS.ErrnoException) => code);
  expect(outcome).toEqual(system === 'EAI_AGAIN' ? ADDRESSES : 'ENOTFOUND');
});

it('IPv4 address that comes late: in use all the same', async () => {
  let asked = 0;
  const names = await resolving((_name, family) => {
    if (family === 6) return '2001:db8:0:0:0:0:0:7';
    asked += 1;
    return asked === 1 ? 'silent' : '192.0.2.7';
  });
  const both = [...ADDRESSES, { address: '2001:db8::7', family: 6 }];
  expect(await names.resolve('cloud.test')).toEqual(both);
});

it('IPv6 address that comes late: in use from then on', async () => {
  let asked = 0;
  const names = await resolving((_name, family) => {
    if (family === 4) return '192.0.2.7';
    asked += 1;
    return asked === 1 ? 'silent' : '2001:db8:0:0:0:0:0:7';
  });
  expect(await names.resolve('cloud.test')).toEqual(ADDRESSES);
  while ((await names.resolve('cloud.test')).length < 2) await new Promise((turn) => setTimeout(turn, 2));
  expect(await names.resolve('cloud.test')).toEqual([...ADDRESSES, { address: '2001:db8::7', family: 6 }]);
});

it('name in the hosts file: found in upper or lower case, and no server is asked', async () => {
  const names = await resolving(
    () => 'silent',
    '# 192.0.2.1 cloud.test\n192.0.2.2\tx.test Cloud.Test # mine\n::1 cloud.test',
  );
  expect(await names.resolve('CLOUD.test')).toEqual([
    { address: '192.0.2.2', family: 4 },
    { address: '::1', family: 6 },
  ]);
  expect(server?.queries.size).toBe(0);
});

it.each(['unknown', 'broken', 'refused'])('name that is %s to servers: the system is asked', async (answer) => {
  const names = await resolving(() => answer);
  expect(await names.resolve('localhost')).toMatchObject([{ address: expect.stringMatching(/^127\.|^::1$/) }]);
  await expect(names.resolve('cloud.invalid')).rejects.toMatchObject({
    code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
  });
});

it('connections: made to the address that the name server answers with, whatever way node asks', async () => {
  const names = await resolving(() => '127.0.0.1');
  const listener = createServer((socket) => socket.end('hello'));
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  closing.push(() => new Promise((closed) => listener.close(closed)));
  const { port } = listener.address() as AddressInfo;
  for (const options of [{}, { autoSelectFamily: false }, { family: 4 }]) {
    const socket = connect({ host: 'cloud.test', port, lookup: names.lookup, ...options });
    const [greeting] = await once(socket, 'data');
    expect(String(greeting)).toBe('hello');
  }
  const nowhere = connect({ host: 'cloud.test', port, lookup: names.lookup, family: 6 });
  const [error] = await once(nowhere, 'error');
  expect(error).toMatchObject({ code: 'ENOTFOUND' });
});
