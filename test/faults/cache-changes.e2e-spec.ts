import { beforeEach, expect } from '@jest/globals';
import type { TaskCache } from '@gateway/cache';
import type { Redis } from 'ioredis';
import { EVENTS_CHANNEL } from '../../libs/cache/src/keys.js';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { CacheBench, OBSERVED, UNFINISHED, addressOf, nameOf, read, store } from './support/caches.js';

const { describe, it } = needing('redis-server');
const bench = CacheBench.perTest();
const [KEY, LAST] = [addressOf('task-0'), addressOf('task-1')];
const CHANGED = (version: string): string => `changed ${version} ${KEY.key}`;
const AT = { ...UNFINISHED, observedAt: OBSERVED };

let url: string;
let client: Redis;
let heard: string[];
let one: TaskCache;
let other: TaskCache;

beforeEach(async () => {
  ({ url } = await bench.server());
  client = bench.admin(url);
  heard = [];
  const listener = bench.admin(url);
  listener.on('message', (_channel: string, message: string) => heard.push(message));
  await listener.subscribe(EVENTS_CHANNEL);
  [one, other] = [await bench.use(url), await bench.use(url)];
});

/** All messages so far: one that is published afterwards comes after them. */
async function published(): Promise<readonly string[]> {
  await client.publish(EVENTS_CHANNEL, 'the last');
  await eventually(() => heard.includes('the last'));
  return heard.filter((message) => message.startsWith('changed'));
}

/** Until it hears: that its subscription has begun is told to nobody. */
async function untilHearing(cache: TaskCache, onKey: (key: string) => void): Promise<void> {
  let hears = false;
  cache.onChange((key) => {
    if (key === LAST.key) hears = true;
    else onKey(key);
  });
  await eventually(async () => {
    await client.publish(EVENTS_CHANNEL, `changed v ${LAST.key}`);
    return hears;
  });
}

describe('the message that a task has changed', () => {
  it.each([
    ['unfinished, replaced by another version', AT, { ...AT, version: 'v-2' }, ['v-2']],
    ['unfinished, replaced by a done one', AT, { version: 'v-2' }, ['v-2']],
    ['done, replaced by another version', {}, { version: 'v-2' }, ['v-2']],
    ['unfinished, replaced by the same version', AT, { ...AT, observedAt: OBSERVED + 1 }, []],
    ['done, replaced by the same version', {}, { observedAt: OBSERVED + 1 }, []],
    ['unfinished, later than what comes', AT, { ...AT, observedAt: OBSERVED - 1, version: 'v-2' }, []],
    ['done, and an unfinished one comes', {}, { ...AT, version: 'v-2' }, []],
  ])('%s: published where another version is stored', async (_what, before, after, versions) => {
    await store(one, 'task-0', before);
    // Another process, whose memory does not stand in the way.
    await store(other, 'task-0', after);
    expect(await published()).toEqual(versions.map(CHANGED));
  });

  it.each([
    ['nothing', () => undefined],
    ['text that is none of ours', () => client.set(nameOf('task-0'), '|U|1|2|nonsense "version":"x"'.repeat(50))],
    ['a hash', () => client.hset(nameOf('task-0'), 'a', 'b')],
  ])('%s was stored: not published', async (_what, plant) => {
    await plant();
    await store(one, 'task-0', AT);
    expect(await read(other, 'task-0')).toMatchObject({ version: 'v-task-0' });
    expect(await published()).toEqual([]);
  });

  it('stored by a gateway that writes its version elsewhere: published', async () => {
    await client.set(nameOf('task-0'), `seal|U|${OBSERVED}|${OBSERVED}||{"v":6,"task":"t","version":"v-task-0"}`);
    await store(one, 'task-0', AT);
    expect(await published()).toEqual([CHANGED('v-task-0')]);
  });

  it('comes to another process: what it remembers is read anew, and who listens looks', async () => {
    await store(one, 'task-0', AT);
    expect(await read(other, 'task-0')).toMatchObject({ version: 'v-task-0' });
    const seen: (string | undefined)[] = [];
    await untilHearing(other, () => void read(other, 'task-0').then((stored) => seen.push(stored?.version)));
    await store(one, 'task-0', { ...AT, version: 'v-2' });
    await eventually(() => seen.length > 0);
    await store(one, 'task-0', { version: 'v-3' });
    await eventually(() => seen.length > 1);
    expect(seen).toEqual(['v-2', 'v-3']);
  });

  it('is not permitted: the answer is stored all the same', async () => {
    await client.acl('SETUSER', 'mute', 'on', 'nopass', 'allkeys', 'allcommands', 'allchannels', '-publish');
    const mute = await bench.use(url.replace('//', '//mute:any@'));
    await store(mute, 'task-0', AT);
    await store(mute, 'task-0', { ...AT, version: 'v-2' });
    expect(await read(other, 'task-0')).toMatchObject({ version: 'v-2' });
    expect([await published(), mute.counters().redisErrors]).toEqual([[], 0]);
  });
});
