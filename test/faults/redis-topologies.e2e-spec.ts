import { afterAll, afterEach, beforeAll, expect, jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { ARRANGEMENTS } from './support/redis-arrangements.js';
import type { Arrangement, Login } from './support/redis-arrangements.js';
import { CHANNEL, COUNT, KEEP_FIRST, NAMES, RedisBench, readAll } from './support/redis-stores.js';
import { needing } from '../support/needing.js';

const { describe, it } = needing('redis-server');
jest.setTimeout(60_000);

const USER: Login = { username: 'task-gateway', password: 'hunter2-p4ssw0rd' };
const PREFIX = 'task-gateway:';
const bench = new RedisBench();

/** A line for each connection of the user. */
async function connections({ admins }: Arrangement): Promise<readonly string[]> {
  const lists = await Promise.all(admins.map((admin) => admin.call('CLIENT', 'LIST')));
  return lists.flatMap((list) => String(list).split('\n')).filter((line) => line.includes(` user=${USER.username} `));
}

describe.each(Object.entries(ARRANGEMENTS))('Redis as %s', (_, arrange) => {
  let redis: Arrangement;
  beforeAll(async () => {
    redis = await arrange();
  });
  afterEach(async () => {
    await bench.clean();
    for (const admin of redis.admins) await admin.acl('DELUSER', USER.username);
    await Promise.all(redis.admins.map((admin) => admin.flushall().catch(() => undefined)));
  });
  afterAll(() => redis.stop());

  const onAll = (...rules: readonly string[]): Promise<unknown> =>
    Promise.all(redis.admins.map((admin) => admin.acl('SETUSER', USER.username, ...rules)));
  const grant = (...more: readonly string[]): Promise<unknown> =>
    onAll('reset', 'on', `>${USER.password}`, ...redis.rules, ...more);

  it('two stores: share values, scripts and messages', async () => {
    const one = await bench.use(redis.settings());
    const other = await bench.use(redis.settings());
    for (const name of NAMES) await one.set(name, `of ${name}`);
    await expect(readAll(other)).resolves.toEqual(NAMES.map((name) => `of ${name}`));
    other.store.delete('tg:{a}');
    await other.store.settled();
    await expect(one.store.get('tg:{a}')).resolves.toBeNull();
    await expect(one.keepFirst('tg:{a}', '1')).resolves.toEqual(['kept', '1']);
    await expect(other.keepFirst('tg:{a}', '2')).resolves.toEqual(['found', '1']);
    await expect(other.store.run(COUNT, ['tg:{a}:more'], [])).resolves.toBe(1);
    await eventually(() => [one, other].every(({ received }) => received.includes('1')));
    expect([one.received, other.received]).toEqual([
      ['reset', '1'],
      ['reset', '1'],
    ]);
    expect([one.reports, other.reports]).toEqual([['up'], ['up']]);
    expect(one.store.counts).toMatchObject({ redisErrors: 0, redisSkipped: 0 });
  });

  it('script unknown to a server: sent as a whole, once', async () => {
    const { keepFirst, store } = await bench.use(redis.settings());
    for (const round of [1, 2]) {
      await Promise.all(redis.admins.map((admin) => admin.script('FLUSH')));
      await Promise.all(redis.admins.map((admin) => admin.config('RESETSTAT')));
      // One after the other, or a server may be sent it twice.
      for (const name of [...NAMES, ...NAMES]) await expect(keepFirst(`${name}${round}`, 'x')).resolves.toHaveLength(2);
      for (const admin of redis.admins) {
        const stats = await admin.info('commandstats');
        const whole = Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1] ?? 0);
        expect(whole).toBeLessThanOrEqual(1);
      }
    }
    expect(store.counts.redisErrors).toBe(0);
  });

  it('another prefix: nothing is shared', async () => {
    const one = await bench.use({ ...redis.settings(), keyPrefix: 'one:' });
    const other = await bench.use({ ...redis.settings(), keyPrefix: 'other:' });
    await one.set('tg:{a}', '1');
    await expect(one.keepFirst('tg:{b}', '2')).resolves.toEqual(['kept', '2']);
    await expect(other.store.get('tg:{a}')).resolves.toBeNull();
    await expect(other.keepFirst('tg:{b}', '3')).resolves.toEqual(['kept', '3']);
    await eventually(() => one.received.length > 1 && other.received.length > 1);
    expect([one.received, other.received]).toEqual([
      ['reset', '2'],
      ['reset', '3'],
    ]);
  });

  it('rights of the example configuration: enough', async () => {
    await grant();
    const settings = { ...redis.settings(USER), keyPrefix: PREFIX };
    const { store, reports, received, set, keepFirst } = await bench.use(settings);
    for (const name of NAMES) await set(name, name);
    store.delete('tg:{a}');
    await expect(keepFirst('tg:{a}', '1')).resolves.toEqual(['kept', '1']);
    await eventually(() => received.includes('1'));
    // The subscription asks from time to time whether the server is still there.
    await eventually(async () => (await connections(redis)).some((line) => / sub=1 .* cmd=ping /.test(line)));
    const refused = await Promise.all(redis.admins.map((admin) => admin.acl('LOG')));
    expect(refused.flat()).toEqual([]);
    expect(reports).toEqual(['up']);
    expect(store.counts.redisErrors).toBe(0);
    const stranger = bench.open({ ...settings, keyPrefix: 'stranger:' });
    await eventually(() => stranger.reports.length === 2);
    expect(stranger.reports.toSorted()).toEqual(['down: NOPERM', 'messages: NOPERM']);
  });

  it('wrong password: skipped, and used once it is accepted', async () => {
    await onAll('reset', 'on', '>another', ...redis.rules);
    const { store, reports } = bench.open({ ...redis.settings(USER), keyPrefix: PREFIX });
    await eventually(() => reports.length === 2);
    expect(reports.toSorted()).toEqual(['down: WRONGPASS', 'messages: WRONGPASS']);
    for (const name of NAMES) await expect(store.get(name)).resolves.toBeNull();
    expect(store.counts).toEqual({ redisCommands: 0, redisErrors: 0, redisSkipped: NAMES.length });
    await grant();
    await eventually(() => reports.length === 4);
    expect(reports.slice(2).toSorted()).toEqual(['messages: null', 'up']);
  });

  it('no right to read: skipped', async () => {
    await grant('-get');
    const { store, reports } = bench.open({ ...redis.settings(USER), keyPrefix: PREFIX });
    await eventually(() => reports.length > 0);
    expect(reports).toEqual(['down: NOPERM']);
    await expect(store.get('tg:{a}')).resolves.toBeNull();
    await grant();
    await eventually(() => store.up);
    expect(reports).toEqual(['down: NOPERM', 'up']);
  });

  it('no right to write, to run scripts or to subscribe: read', async () => {
    await grant('resetchannels', '-set', '-evalsha');
    const { store, reports, set, keepFirst } = bench.open({ ...redis.settings(USER), keyPrefix: PREFIX });
    await eventually(() => reports.length === 2);
    expect(reports.toSorted()).toEqual(['messages: NOPERM', 'up']);
    await set('tg:{a}', '1');
    await expect(keepFirst('tg:{a}', '1')).resolves.toBeUndefined();
    await expect(store.get('tg:{a}')).resolves.toBeNull();
    expect(reports.slice(2)).toEqual(['writes: NOPERM']);
    await grant();
    await set('tg:{a}', '1');
    await expect(store.get('tg:{a}')).resolves.toBe('1');
    await eventually(() => reports.includes('messages: null'));
    expect(reports).toContain('writes: null');
    expect(store.up).toBe(true);
  });

  it('slow: reads under way fail, and no reply is taken for another', async () => {
    const watched = await bench.use(redis.settings());
    for (const name of NAMES) await watched.set(name, `of ${name}`);
    for (const admin of redis.admins) void admin.call('DEBUG', 'SLEEP', '0.4').catch(() => undefined);
    // Sent, but not yet heard of, for all we know: so is what we ask.
    await new Promise((resolve) => setImmediate(resolve));
    const during = await readAll(watched);
    for (const [index, text] of during.entries()) expect([null, `of ${NAMES[index]}`]).toContain(text);
    await eventually(() => watched.store.up);
    await eventually(async () => !(await readAll(watched)).includes(null));
    await expect(readAll(watched)).resolves.toEqual(NAMES.map((name) => `of ${name}`));
  });

  it('frozen: costs the reads under way, and nothing after that until it goes on', async () => {
    const watched = await bench.use(redis.settings());
    const { store, reports } = watched;
    const names = Array.from({ length: 50 }, (_, index) => `tg:{${index}}`);
    for (const name of names) store.set(name, `of ${name}`, 60_000);
    await store.settled();
    const { redisCommands } = store.counts;
    for (const { freeze } of redis.servers) freeze();
    await expect(readAll(watched, names)).resolves.toEqual(names.map(() => null));
    expect(store.counts).toEqual({ redisCommands: redisCommands + 50, redisErrors: 50, redisSkipped: 0 });
    await expect(readAll(watched, names)).resolves.toEqual(names.map(() => null));
    await expect(store.run(KEEP_FIRST, names.slice(0, 1), ['x', CHANNEL])).resolves.toBeUndefined();
    store.set('tg:{0}', 'x', 60_000);
    expect(store.counts).toEqual({ redisCommands: redisCommands + 50, redisErrors: 50, redisSkipped: 52 });
    for (const { thaw } of redis.servers) thaw();
    await eventually(() => store.up);
    await eventually(async () => !(await readAll(watched, names)).includes(null));
    await expect(readAll(watched, names)).resolves.toEqual(names.map((name) => `of ${name}`));
    expect(reports.slice(0, 3)).toEqual(['up', 'down: no answer in time', 'up']);
  });

  it('closed: leaves nothing behind', async () => {
    await grant();
    const { store, set } = await bench.use({ ...redis.settings(USER), keyPrefix: PREFIX });
    await set('tg:{a}', '1');
    await expect(connections(redis)).resolves.not.toEqual([]);
    await store.close();
    await eventually(async () => (await connections(redis)).length === 0);
    await expect(store.get('tg:{a}')).resolves.toBeNull();
  });

  it('frozen: can be closed', async () => {
    const { store } = await bench.use(redis.settings());
    for (const { freeze } of redis.servers) freeze();
    store.set('tg:{a}', '1', 60_000);
    await store.close();
    for (const { thaw } of redis.servers) thaw();
    expect(store.up).toBe(false);
  });
});
