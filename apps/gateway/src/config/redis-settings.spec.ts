import { describe, expect, it } from '@jest/globals';
import { ConfigError, parseConfig } from './load-config.js';

const ENVIRONMENT = { PASSWORD: 'hunter2', SENTINEL_PASSWORD: 'hunter3', URL: 'redis://me:hunter2@cache' };
const REGION = { name: 'eu-de', endpoint: 'https://{service}.example.com', credentials: { mode: 'passthrough' } };
const SENTINEL = { kind: 'sentinel', sentinels: ['one:26379', '[::1]:26379'], master: 'main' };
const CLUSTER = { kind: 'cluster', nodes: ['one:6379', '10.0.0.1:6379'] };
const STANDALONE = { kind: 'standalone', url: '${URL}' };

function read(redis: unknown): unknown {
  return parseConfig(JSON.stringify({ regions: [REGION], cache: { redis } }), ENVIRONMENT, 'test').cache.redis;
}

function violationsOf(redis: unknown): readonly string[] {
  try {
    read(redis);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.message).not.toMatch(/hunter\d/);
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ {2}- /, ''));
  }
  return [];
}

describe('the Redis section', () => {
  it.each([
    { ...STANDALONE, keyPrefix: 'gw:', commandMs: 500, tls: true },
    { ...SENTINEL, username: 'u', password: '${PASSWORD}', sentinelUsername: 's', db: 3, tls: { serverName: 'a.b' } },
    { ...CLUSTER, password: '${PASSWORD}', keyPrefix: '' },
  ])('is read for kind $kind', (redis) => {
    const sentinelPassword = 'sentinelUsername' in redis ? { sentinelPassword: '${SENTINEL_PASSWORD}' } : {};
    const filled = JSON.stringify({ ...redis, ...sentinelPassword })
      .replace('${PASSWORD}', ENVIRONMENT.PASSWORD)
      .replace('${SENTINEL_PASSWORD}', ENVIRONMENT.SENTINEL_PASSWORD)
      .replace('${URL}', ENVIRONMENT.URL);
    expect(JSON.parse(JSON.stringify(read({ ...redis, ...sentinelPassword })))).toEqual(JSON.parse(filled));
  });

  it('is of one server where it does not say what it is', () => {
    expect(read({ url: 'redis://cache' })).toMatchObject({ kind: 'standalone' });
  });

  it.each([
    ['another kind', { ...STANDALONE, kind: 'ring' }, [/^kind must be one of .*: standalone, sentinel, cluster$/]],
    [
      'members of another kind',
      { ...CLUSTER, sentinels: ['a:1'] },
      ['sentinels is not a known setting of kind cluster'],
    ],
    ['nothing', {}, [/^url must be redis:/]],
    ...[[], 'a:1', ['a:1', 'a:1'], ['redis://a:1'], ['a'], [1], { 0: 'a:1' }].map(
      (nodes) =>
        [`nodes ${JSON.stringify(nodes)}`, { kind: 'cluster', nodes }, [/^nodes must be a list of host:port/]] as const,
    ),
    ['Sentinels without a port', { ...SENTINEL, sentinels: ['a'] }, [/^sentinels must be a list of host:port/]],
    ['no name of the primary', { ...SENTINEL, master: undefined }, [/^master must be the name by which/]],
    ['half a database', { ...SENTINEL, db: 0.5 }, [/^db must be an integer/]],
    [
      'a user without a password',
      { ...CLUSTER, username: 'u' },
      [/^password must be set/, /^password must be a string$/],
    ],
    [
      'a user of Sentinels without a password',
      { ...SENTINEL, sentinelUsername: 'u' },
      [/^sentinelPassword must be set where sentinelUsername is$/, /^sentinelPassword must be a string$/],
    ],
    ['TLS that is off', { ...STANDALONE, tls: false }, [/^tls must be true, or/, /^tls must be true, or/]],
    [
      'TLS that does not verify',
      { ...CLUSTER, tls: { rejectUnauthorized: false } },
      [/^tls\.rejectUnauthorized is not/],
    ],
    [
      'a certificate for an address',
      { ...CLUSTER, tls: { serverName: '10.0.0.1' } },
      ['serverName must be a host name'],
    ],
    ['no time for an answer', { ...CLUSTER, commandMs: 0 }, ['commandMs must not be less than 10']],
    ['a prefix with a hash tag', { ...CLUSTER, keyPrefix: '{a}' }, ['keyPrefix must have no braces or blanks']],
    ['a file that is not there', { ...CLUSTER, tls: { caFile: '/nowhere/ca.pem' } }, [/^caFile must be a file of PEM/]],
    ['a file of something else', { ...CLUSTER, tls: { caFile: 'package.json' } }, [/^caFile must be a file of PEM/]],
  ] as const)('%s is refused', (_, redis, expected) => {
    const found = violationsOf(redis).map((text) => text.replace(/^cache\.redis\.(?:[\w.]+: )?/, ''));
    expect(found).toHaveLength(expected.length);
    for (const pattern of expected) expect(found).toContainEqual(expect.stringMatching(pattern));
  });

  it.each(['password', 'sentinelPassword'])('a %s that stands in the file is refused, and not repeated', (member) => {
    expect(violationsOf({ ...SENTINEL, [member]: 'hunter2' })).toEqual([
      expect.stringMatching(new RegExp(`^cache\\.redis\\.${member} must name an environment variable`)),
    ]);
  });

  it('wrong settings: all are named at once', () => {
    const redis = { ...SENTINEL, sentinels: ['a'], master: '', keyPrefix: ' ', tls: { caFile: '/nowhere' }, x: 1 };
    const places = violationsOf(redis).map((text) => text.split(/[: ]/, 1)[0]);
    expect(places.toSorted()).toEqual(
      ['keyPrefix', 'master', 'sentinels', 'tls.caFile', 'x'].map((member) => `cache.redis.${member}`),
    );
  });
});
