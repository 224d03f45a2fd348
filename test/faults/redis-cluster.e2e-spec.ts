import { afterAll, afterEach, beforeAll, expect, jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { isWhole, startCluster } from '../support/redis-cluster.js';
import type { ClusterNode, ClusterSetup } from '../support/redis-cluster.js';
import { freePort } from '../support/redis-server.js';
import { NAMES, RedisBench, readAll, works } from './support/redis-stores.js';
import type { WatchedStore } from './support/redis-stores.js';

const { describe, it } = needing('redis-server');
jest.setTimeout(60_000);
const bench = new RedisBench();
const RIGHT = NAMES.map((name) => `of ${name}`);
let cluster: ClusterSetup;

beforeAll(async () => {
  cluster = await startCluster();
});
afterEach(() => bench.clean());
afterAll(() => cluster.stop());

const by = (...nodes: readonly string[]) => ({ kind: 'cluster', nodes }) as const;

async function filled(...nodes: readonly string[]): Promise<WatchedStore> {
  const watched = await bench.use(by(...(nodes.length === 0 ? cluster.addresses : nodes)));
  for (const name of NAMES) await watched.set(name, `of ${name}`);
  return watched;
}

/** A slot on its way from the node that has it to another one. */
async function migrating(name: string): Promise<{ slot: number; from: ClusterNode; to: ClusterNode }> {
  const [one, two, three] = cluster.nodes;
  const slot = await one.admin.cluster('KEYSLOT', name);
  const owner = slot <= 5460 ? one : slot <= 10_922 ? two : three;
  const other = owner === one ? two : one;
  await other.admin.cluster('SETSLOT', slot, 'IMPORTING', owner.id);
  await owner.admin.cluster('SETSLOT', slot, 'MIGRATING', other.id);
  return { slot, from: owner, to: other };
}

const move = (name: string, { from, to }: { readonly from: ClusterNode; readonly to: ClusterNode }): Promise<unknown> =>
  from.admin.migrate('127.0.0.1', to.server.port, name, 0, 1_000);

/** Ends a migration at all primaries. */
async function give(slot: number, { id, admin }: ClusterNode): Promise<void> {
  await admin.cluster('SETSLOT', slot, 'NODE', id);
  for (const node of cluster.nodes.slice(0, 3)) await node.admin.cluster('SETSLOT', slot, 'NODE', id);
}

describe('a cluster', () => {
  it('some nodes without an address or away: found through any other', async () => {
    const replica = cluster.addresses[3] ?? '';
    const watched = await filled('gone.invalid:6379', `127.0.0.1:${await freePort()}`, replica);
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    await works(watched);
    expect(watched.reports).toEqual(['up']);
  });

  it('no node there: down', async () => {
    const { reports, store } = bench.open(by('gone.invalid:6379', `127.0.0.1:${await freePort()}`));
    await eventually(() => reports.length > 0);
    expect(reports).toEqual([expect.stringMatching(/^down: (?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|connection lost)$/)]);
    await store.close();
  });

  it('slot that moves under use (ASK, TRYAGAIN, MOVED): followed', async () => {
    const watched = await filled();
    const { store, keepFirst, set } = watched;
    await expect(keepFirst('tg:{m}', '1')).resolves.toEqual(['kept', '1']);
    const migration = await migrating('tg:{m}');
    await expect(store.get('tg:{m}')).resolves.toBe('1');
    await move('tg:{m}', migration);
    await expect(store.get('tg:{m}')).resolves.toBe('1');
    await set('tg:{m}:new', '2');
    await expect(migration.from.admin.exists('tg:{m}:new')).rejects.toThrow(/^ASK /);
    expect(store.counts.redisErrors).toBe(0);
    // One of its keys is here, and one there. Often, as the client asks at random in between.
    for (let round = 0; round < 5; round += 1) await expect(keepFirst('tg:{m}', '3')).resolves.toBeUndefined();
    expect([watched.reports, store.counts.redisErrors]).toEqual([['up'], 5]);
    await move('tg:{m}:more', migration);
    await expect(keepFirst('tg:{m}', '4')).resolves.toEqual(['found', '1']);
    await give(migration.slot, migration.to);
    await expect(keepFirst('tg:{m}', '5')).resolves.toEqual(['found', '1']);
    await expect(store.get('tg:{m}:new')).resolves.toBe('2');
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    expect([watched.reports, store.counts.redisErrors]).toEqual([['up'], 5]);
    await migration.to.admin.del('tg:{m}', 'tg:{m}:more', 'tg:{m}:new');
    await give(migration.slot, migration.from);
  });

  it('node that knows of slots without a primary (CLUSTERDOWN): down, then used again', async () => {
    const watched = await filled();
    const [, , node] = cluster.nodes;
    await node.admin.cluster('DELSLOTS', 16_383);
    await eventually(async () => !(await isWhole(node)));
    await eventually(async () => {
      await readAll(watched);
      return !watched.store.up;
    });
    expect(watched.reports).toEqual(['up', 'down: CLUSTERDOWN']);
    await node.admin.cluster('ADDSLOTS', 16_383);
    await eventually(async () => {
      await readAll(watched);
      return watched.store.up && !(await readAll(watched)).includes(null);
    });
    await works(watched);
  });

  it('primary without a replica killed: used again when it is back, empty', async () => {
    const watched = await filled();
    const [, other, lost] = cluster.nodes;
    await lost.server.kill();
    // With the other nodes there, it is away as a whole: it does not come and go.
    await eventually(async () => {
      await readAll(watched);
      return !watched.store.up && !(await isWhole(other));
    });
    expect(watched.reports).toEqual(['up', expect.stringMatching(/^down: /)]);
    await cluster.revive(lost);
    await works(watched);
    const found = await readAll(watched);
    for (const [index, text] of found.entries()) expect([null, RIGHT[index]]).toContain(text);
    expect(new Set(found).size).toBeGreaterThan(1);
  });

  it('redirection to a node that does not answer, and dies: used again after the failover', async () => {
    const watched = await filled();
    const rejections: unknown[] = [];
    const keep = (reason: unknown): void => void rejections.push(reason);
    process.on('unhandledRejection', keep);
    const { slot, from, to } = await migrating('tg:{n}');
    to.server.freeze();
    await expect(watched.store.get('tg:{n}')).resolves.toBeNull();
    await to.server.kill();
    await cluster.revive(to);
    await from.admin.cluster('SETSLOT', slot, 'STABLE');
    await works(watched);
    process.off('unhandledRejection', keep);
    expect(rejections).toEqual([]);
  });

  it('primary killed: its replica is used', async () => {
    const watched = await filled();
    const [primary, , , replica] = cluster.nodes;
    await primary.admin.wait(1, 5_000);
    await primary.server.kill();
    await eventually(async () => {
      await readAll(watched);
      return !watched.store.up;
    });
    await eventually(async () => !(await readAll(watched)).includes(null));
    await expect(readAll(watched)).resolves.toEqual(RIGHT);
    await works(watched);
    expect(await replica.admin.info('replication')).toContain('role:master');
  });
});
