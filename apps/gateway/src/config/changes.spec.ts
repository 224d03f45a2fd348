import { describe, expect, it } from '@jest/globals';
import { changesBetween, fixedChanges, kindOf } from './changes.js';
import type { GatewayConfig } from './gateway-config.js';
import { parseConfig } from './load-config.js';

const REGION = { name: 'one', endpoint: 'https://{service}.example.com', credentials: { mode: 'passthrough' } };
const ANY = { regions: 'any', projects: 'any', instances: 'any', providers: 'any' };
const KEY = { id: 'a', sha256: 'a'.repeat(64), ...ANY };
const SECRET = 'hunter2-hunter2-hunter2-hunter2-hunter2';

const read = (sections: object): GatewayConfig =>
  parseConfig(JSON.stringify({ regions: [REGION], ...sections }), { SECRET, ANOTHER: SECRET.toUpperCase() }, 'test');

function refused(from: object, to: object): readonly string[] {
  const [one, other] = [read(from), read(to)];
  const kinds = new Map(one.regions.map((region) => [region.name, kindOf(region)]));
  return fixedChanges(changesBetween(one, other), other, kinds);
}

describe('what a running gateway takes over', () => {
  it.each([
    ['limits', {}, { limits: { requestsPerSecond: 5 } }],
    ['providers', {}, { providers: [{ id: 'ims', projectId: 'p' }] }],
    [
      'keys',
      { access: { mode: 'apiKey', apiKeys: [KEY] } },
      { access: { mode: 'apiKey', apiKeys: [{ ...KEY, regions: ['one'] }] } },
    ],
    ['the token of operators', { admin: { token: '${SECRET}' } }, { admin: { token: '${ANOTHER}' } }],
    ['regions that come', {}, { regions: [REGION, { ...REGION, name: 'two' }] }],
    ['addresses', {}, { regions: [{ ...REGION, endpoint: 'https://{service}.example.org', iam: 'https://iam' }] }],
  ])('%s', (_, from, to) => {
    expect(changesBetween(read(from), read(to))).not.toEqual([]);
    expect(refused(from, to)).toEqual([]);
  });

  it('nothing, where nothing has changed', () => {
    expect(changesBetween(read({}), read({ limits: {} }))).toEqual([]);
  });
});

describe('what needs a restart', () => {
  it.each([
    ['a port', {}, { server: { port: 1 } }, 'server.port'],
    ['a mode', {}, { access: { mode: 'passthrough' } }, 'access.mode'],
    ['a Redis', {}, { cache: { redis: { url: 'redis://a' } } }, 'cache.redis'],
    [
      'its address',
      { cache: { redis: { url: 'redis://a' } } },
      { cache: { redis: { url: 'redis://b' } } },
      'cache.redis.url',
    ],
    ['a listener', {}, { admin: { token: '${SECRET}' } }, 'admin'],
    ['a secret', {}, { access: { principalSecret: '${SECRET}' } }, 'access.principalSecret'],
    ['a time', {}, { upstream: { queueMs: 1 } }, 'upstream.queueMs'],
    ['a stream', {}, { streams: { max: 1 } }, 'streams.max'],
  ])('%s: named, and not repeated', (_, from, to, place) => {
    expect(refused(from, to)).toEqual([`${place} cannot change while the gateway runs: restart it`]);
  });

  it.each([
    ['whose credentials', { credentials: { mode: 'aksk', accessKey: 'a', secretKey: '${SECRET}' } }],
    ['which cloud', { cloud: 'github', endpoint: 'https://a' }],
  ])('%s a region is asked with', (_, members) => {
    expect(refused({}, { regions: [{ ...REGION, ...members }] })).toEqual([
      expect.stringMatching(
        /^regions\[0\]: while the gateway runs, one stays a region of open-telekom-cloud with callers' own/,
      ),
    ]);
  });
});
