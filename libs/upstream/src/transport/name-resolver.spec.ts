import { afterEach, expect, it } from '@jest/globals';
import { lookup as systemLookup } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startNameServer, type NameAnswer, type NameServer } from '../testing/name-server.js';
import { NameResolver } from './name-resolver.js';

const ADDRESSES = [{ address: '192.0.2.7', family: 4 }];
let server: NameServer | undefined;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function resolving(answer: (name: string) => NameAnswer, hosts = ''): Promise<NameResolver> {
  const folder = mkdtempSync(join(tmpdir(), 'names-'));
  const hostsFile = join(folder, 'hosts');
  writeFileSync(hostsFile, hosts);
  server = await startNameServer(answer);
  const { address, close } = server;
  closing.push(close, () => rmSync(folder, { recursive: true }));
  return new NameResolver({ servers: [address], answerMs: 500, hostsFile });
}

it('names that no server answers for: others are found meanwhile, and by the system too', async () => {
  const names = await resolving((name) => (name.startsWith('silent') ? 'silent' : '192.0.2.7'));
  const silent = Array.from({ length: 40 }, (_, index) => names.resolve(`silent-${index % 8}.test`));
  const outcomes = Promise.allSettled(silent);
  expect(await names.resolve('good.test')).toEqual(ADDRESSES);
  expect(await systemLookup('localhost')).toMatchObject({ address: expect.any(String) });
  for (const { status, reason } of (await outcomes) as PromiseRejectedResult[])
    expect({ status, code: reason.code }).toEqual({ status: 'rejected', code: 'EAI_AGAIN' });
  // Each name once, and once more as it was not answered.
  for (let index = 0; index < 8; index += 1) expect(server?.questions.get(`silent-${index}.test`)).toBe(2);
});

it('a name that many ask for: one question, and none while the answer is valid', async () => {
  const names = await resolving(() => '192.0.2.7');
  const all = await Promise.all(Array.from({ length: 100 }, () => names.resolve('cloud.test')));
  expect(all).toEqual(Array.from({ length: 100 }, () => ADDRESSES));
  await names.resolve('cloud.test');
  expect(server?.questions.get('cloud.test')).toBe(1);
});

it('servers that fall silent: the old addresses stay in use', async () => {
  let silent = false;
  const names = await resolving(() => (silent ? 'silent' : '192.0.2.7'));
  await names.resolve('cloud.test');
  silent = true;
  const now = Date.now();
  const realNow = Date.now;
  Date.now = () => now + 61_000;
  closing.push(() => (Date.now = realNow));
  expect(await names.resolve('cloud.test')).toEqual(ADDRESSES);
  expect(server?.questions.get('cloud.test')).toBe(2);
});

it('a name in the hosts file: found there, in any case, and no server is asked', async () => {
  const names = await resolving(
    () => 'silent',
    '# 192.0.2.1 cloud.test\n192.0.2.2\tx.test Cloud.Test # mine\n::1 cloud.test',
  );
  expect(await names.resolve('CLOUD.test')).toEqual([
    { address: '192.0.2.2', family: 4 },
    { address: '::1', family: 6 },
  ]);
  expect(server?.questions.size).toBe(0);
});

it('a name that servers do not know: the system is asked, and says so too', async () => {
  const names = await resolving(() => 'unknown');
  expect(await names.resolve('localhost')).toMatchObject([{ address: expect.stringMatching(/^127\.|^::1$/) }]);
  await expect(names.resolve('cloud.invalid')).rejects.toMatchObject({
    code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
  });
});

it('connections: made to what the name server says, whatever way node asks', async () => {
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
