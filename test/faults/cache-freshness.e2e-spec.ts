import { afterAll, beforeAll, expect } from '@jest/globals';
import { Redis } from 'ioredis';
import { isBetter } from '../../libs/cache/src/task-store.js';
import { AHEAD_MS, isAhead, isFresh, isFreshOrSince } from '../../libs/cache/src/envelope.js';
import { ACQUIRE, RELEASE } from '../../libs/cache/src/scripts.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';

const { describe, it } = needing('redis-server');
const NOW = 1_800_000_000_000;
const TIMES = [0, NOW - 1, NOW, NOW + 1, NOW + 3_600_000, Number.MAX_SAFE_INTEGER];
const EPOCHS = [
  '',
  'a..',
  'b..',
  'c..',
  '.b.',
  'b.b.',
  'b.c.',
  'b.c.d',
  'b.c.e',
  'b.c.d.e',
  '...e',
  'b...e',
  'b-1.b-1.',
];
const KEYS = ['{t}', '{t}:no', '{t}:lock'] as const;

let server: RedisServer;
let client: Redis;

beforeAll(async () => {
  server = await startRedis();
  client = new Redis(server.url);
});
afterAll(async () => {
  client.disconnect();
  await server.stop();
});

const text = (kind: string, at: number, freshUntil: number, epoch: string): string =>
  `seal|${kind}|${at}|${freshUntil}|${epoch}|{}`;

describe('the scripts in Redis', () => {
  const cases = TIMES.flatMap((freshUntil) =>
    EPOCHS.flatMap((epoch) => EPOCHS.map((present) => ({ freshUntil, epoch, present }))),
  );

  it.each(['result', 'negative'])('ACQUIRE, %s: fresh exactly where isFresh says so', async (kind) => {
    const isResult = kind === 'result';
    for (const { freshUntil, epoch, present } of cases) {
      await client.del(...KEYS);
      await client.set(KEYS[isResult ? 0 : 1], text(isResult ? 'F' : 'N', NOW, freshUntil, epoch));
      // The other kind has an epoch of its own, which must not count.
      const epochs = isResult ? [present, 'z.z.z.z'] : ['z.z.z.z', present];
      const reply = await client.eval(ACQUIRE.lua, 3, ...KEYS, String(NOW), ...epochs, '1', 'owner', '1000');
      const isFound = (reply as readonly unknown[])[0] === kind;
      expect({ freshUntil, epoch, present, fresh: isFound }).toEqual({
        freshUntil,
        epoch,
        present,
        fresh: isFresh({ freshUntil, epoch }, NOW, present),
      });
    }
  });

  it.each([
    ['F', 'result'],
    ['U', 'result'],
    ['N', 'negative'],
  ])('ACQUIRE, entry of kind %s that is ahead: fresh exactly where isAhead does not say so', async (kind, found) => {
    for (const aheadMs of [0, AHEAD_MS, AHEAD_MS + 1, 3_600_000]) {
      await client.del(...KEYS);
      const at = NOW + aheadMs;
      await client.set(KEYS[kind === 'N' ? 1 : 0], text(kind, at, at + 60_000, ''));
      const reply = await client.eval(ACQUIRE.lua, 3, ...KEYS, String(NOW), '', '', '1', 'owner', '1000');
      const isFound = (reply as readonly unknown[])[0] === found;
      expect({ aheadMs, isFound }).toEqual({ aheadMs, isFound: kind === 'F' || !isAhead(at, NOW) });
    }
  });

  it.each([true, false])('ACQUIRE, may read: %s, observed since: as isFreshOrSince says', async (mayRead) => {
    const times = [NOW - 5_000, NOW - 5_000.5, NOW - 4_999, NOW];
    const some = cases.filter(({ epoch, present }) => [epoch, present].every((one) => EPOCHS.indexOf(one) < 5));
    for (const since of [null, ...times])
      for (const at of times.map(Math.floor))
        for (const { freshUntil, epoch, present } of some) {
          await client.del(...KEYS);
          await client.set(KEYS[0], text('U', at, freshUntil, epoch));
          // A negative entry has no use for it.
          await client.set(KEYS[1], text('N', at, NOW - 1, ''));
          const args = [
            present,
            '',
            mayRead ? '1' : '0',
            'owner',
            '1000',
            since === null ? '' : String(Math.ceil(since)),
          ];
          const reply = await client.eval(ACQUIRE.lua, 3, ...KEYS, String(NOW), ...args);
          const [kind, value] = reply as readonly unknown[];
          const will = isFreshOrSince({ freshUntil, epoch }, at, NOW, since, present);
          expect({ since, at, freshUntil, epoch, present, kind, isUnread: value === 'unread' }).toEqual({
            since,
            at,
            freshUntil,
            epoch,
            present,
            kind: will && mayRead ? 'result' : 'acquired',
            isUnread: will && !mayRead,
          });
        }
  });

  it('RELEASE: keeps what is stored exactly where isBetter says so', async () => {
    for (const final of [true, false])
      for (const otherFinal of [true, false])
        for (const observedAt of [NOW - 1, NOW, NOW + 1]) {
          const [present, other] = [
            { final, observedAt },
            { final: otherFinal, observedAt: NOW },
          ];
          const stored = text(final ? 'F' : 'U', observedAt, NOW + 60_000, '');
          const next = text(otherFinal ? 'F' : 'U', NOW, NOW + 30_000, '');
          await client.set(KEYS[0], stored);
          await client.eval(RELEASE.lua, 2, KEYS[0], KEYS[2], next, '60000', '', 'channel', '', String(NOW), '');
          const kept = (await client.get(KEYS[0])) === stored;
          expect({ present, other, kept }).toEqual({ present, other, kept: isBetter(present, other) });
        }
  });
});
