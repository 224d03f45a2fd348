import { afterAll, afterEach, beforeAll, expect, jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { redisCertificates } from '../support/redis-certificates.js';
import type { RedisCertificates } from '../support/redis-certificates.js';
import { startCluster } from '../support/redis-cluster.js';
import { MASTER, startSentinel } from '../support/redis-sentinel.js';
import { startRedis } from '../support/redis-server.js';
import { NAMES, RedisBench, readAll, works } from './support/redis-stores.js';
import type { WatchedStore } from './support/redis-stores.js';

const { describe, it } = needing('redis-server');
jest.setTimeout(60_000);
const HOST = 'redis.test';
const bench = new RedisBench();

async function passes(watched: WatchedStore): Promise<void> {
  for (const name of NAMES) await watched.set(name, `of ${name}`);
  await expect(readAll(watched)).resolves.toEqual(NAMES.map((name) => `of ${name}`));
  await works(watched);
  expect(watched.reports).toEqual(['up']);
}

async function onlyReport(watched: WatchedStore): Promise<string | undefined> {
  await eventually(() => watched.reports.length > 0);
  await expect(watched.store.get('tg:{a}')).resolves.toBeNull();
  expect(watched.reports).toHaveLength(1);
  return watched.reports[0];
}

describe('Redis over TLS', () => {
  let here: RedisCertificates;
  let named: RedisCertificates;
  let expired: RedisCertificates;
  const at = (port: number, host = 'localhost') => ({ kind: 'standalone', url: `rediss://${host}:${port}` }) as const;

  beforeAll(async () => {
    here = await redisCertificates('localhost');
    named = await redisCertificates(HOST);
    expired = await redisCertificates('localhost', 'expired');
  });
  afterEach(() => bench.clean());
  afterAll(() => {
    for (const { remove } of [here, named, expired]) remove();
  });

  async function serverWith({ args }: RedisCertificates): Promise<number> {
    const { tlsPort, stop } = await startRedis({ tls: args });
    bench.defer(stop);
    return tlsPort;
  }

  it('certificate for its host, or for the configured name: used', async () => {
    const port = await serverWith(here);
    await passes(await bench.use({ ...at(port), tls: { caFile: here.caFile } }));
    await passes(
      await bench.use({ kind: 'standalone', url: `redis://localhost:${port}`, tls: { caFile: here.caFile } }),
    );
    const other = await serverWith(named);
    await passes(await bench.use({ ...at(other, '127.0.0.1'), tls: { caFile: named.caFile, serverName: HOST } }));
  });

  it('certificate untrusted, for another host, or expired: not used', async () => {
    const port = await serverWith(here);
    await expect(onlyReport(bench.open(at(port)))).resolves.toBe('down: DEPTH_ZERO_SELF_SIGNED_CERT');
    const tls = { caFile: here.caFile };
    await expect(onlyReport(bench.open({ ...at(port, '127.0.0.1'), tls }))).resolves.toBe(
      'down: ERR_TLS_CERT_ALTNAME_INVALID',
    );
    const old = await serverWith(expired);
    const late = bench.open({ ...at(old), tls: { caFile: expired.caFile } });
    await expect(onlyReport(late)).resolves.toBe('down: CERT_HAS_EXPIRED');
  });

  it('no TLS, or silence: not used', async () => {
    const { port, stop } = await startRedis();
    bench.defer(stop);
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    bench.defer(() => silent.close());
    const { port: nowhere } = silent.address() as AddressInfo;
    const reports = await Promise.all([port, nowhere].map((each) => onlyReport(bench.open(at(each, '127.0.0.1')))));
    expect(reports).toEqual(['down: ETIMEDOUT', 'down: ETIMEDOUT']);
  });

  it('certificate file missing: an error that names it', () => {
    expect(() => bench.open({ ...at(1), tls: { caFile: '/nowhere/ca.pem' } })).toThrow('ENOENT');
  });

  it('refused again and again: no harm to the process', async () => {
    const port = await serverWith(named);
    // The client hangs up on a wrong certificate, and the server has the last word: an error that nobody expects.
    for (let round = 0; round < 20; round += 1) {
      const { store, reports } = bench.open({ ...at(port), tls: { caFile: named.caFile } });
      await eventually(() => reports.length > 0);
      await store.close();
    }
  });

  it('Sentinels with TLS: found through them', async () => {
    const { address, stop } = await startSentinel({ tls: named.args });
    bench.defer(stop);
    const settings = { kind: 'sentinel', sentinels: [address], master: MASTER } as const;
    await passes(await bench.use({ ...settings, tls: { caFile: named.caFile, serverName: HOST } }));
    await expect(onlyReport(bench.open({ ...settings, tls: { caFile: named.caFile } }))).resolves.toBe(
      'down: SENTINEL_ERR_TLS_CERT_ALTNAME_INVALID',
    );
  });

  it('cluster: used', async () => {
    const { addresses, stop } = await startCluster({ tls: named.args });
    bench.defer(stop);
    const settings = { kind: 'cluster', nodes: addresses } as const;
    await passes(await bench.use({ ...settings, tls: { caFile: named.caFile, serverName: HOST } }));
    const wrong = bench.open({ ...settings, tls: { caFile: named.caFile } });
    await expect(onlyReport(wrong)).resolves.toMatch(/^down: (?:ERR_TLS_CERT_ALTNAME_INVALID|connection lost)$/);
  });
});
