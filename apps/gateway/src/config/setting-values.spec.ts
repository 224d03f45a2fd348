import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { REGION, violationsOf, withRegion } from './testing/violations.js';

describe('a value that a setting cannot have', () => {
  it.each([
    [
      'times that are none',
      `${REGION}server: { idleSeconds: 0, stallSeconds: -1, maxConnections: 1.5 }`,
      ['idleSeconds', 'stallSeconds', 'maxConnections'].map((name) => new RegExp(`^server.${name}: `)),
    ],
    [
      'an endpoint that is no URL',
      withRegion('endpoint: a.example.com\ncredentials: { mode: passthrough }'),
      [/^regions\[0\]\.endpoint: endpoint must be an http\(s\) URL/],
    ],
    [
      'an endpoint with a query',
      withRegion('endpoint: https://a/?x=1\ncredentials: { mode: passthrough }'),
      [/^regions\[0\]\.endpoint: /],
    ],
    [
      'an endpoint with a password',
      withRegion('endpoint: https://u:p@a\ncredentials: { mode: passthrough }'),
      [/^regions\[0\]\.endpoint: /],
    ],
    [
      'an endpoint of another scheme',
      withRegion('endpoint: ftp://a\ncredentials: { mode: passthrough }'),
      [/^regions\[0\]\.endpoint: /],
    ],
    [
      'an unknown mode',
      withRegion('endpoint: https://{service}\ncredentials: { mode: magic }'),
      [
        /^regions\[0\]\.credentials\.mode: mode must be one of the following values: passthrough, password, aksk, token$/,
      ],
    ],
    [
      'a project that leaves its path',
      `${REGION}providers: [{ id: ims, projectId: '..' }]`,
      [/^providers\[0\]\.projectId: projectId must be 1 to 64 letters/],
    ],
    [
      'an origin with a path',
      `${REGION}server: { corsOrigins: ['https://a', 'https://a/b'] }`,
      [/^server\.corsOrigins\[1\]: must be an exact origin such as https:\/\/app\.example\.com, as browsers write it$/],
    ],
    ['any origin', `${REGION}server: { corsOrigins: ['*'] }`, [/^server\.corsOrigins\[0\]: must be an exact origin/]],
    [
      'a public URL with a path',
      `${REGION}server: { publicUrl: 'https://a/b' }`,
      [/^server\.publicUrl: publicUrl must be an origin/],
    ],
    [
      'a Redis of another kind',
      `${REGION}cache: { redis: { kind: ring, url: 'redis://a' } }`,
      [/^cache\.redis\.kind: /],
    ],
    [
      'a Redis that is none',
      `${REGION}cache: { redis: { kind: standalone, url: 'http://a' } }`,
      [/^cache\.redis\.url: url must be redis:\/\/ or rediss:\/\//],
    ],
    [
      'a Redis at no port',
      `${REGION}cache: { redis: { kind: standalone, url: 'redis://h:99999' } }`,
      [/^cache\.redis\.url: url must be redis:\/\/ or rediss:\/\//],
    ],
    [
      'origins of which each but the first is wrong in its way',
      `${REGION}server: { corsOrigins: ['https://a', 'https://A', 'https://a:443', 'https://*.a', 'https://a:99999', 7, 'https://a'] }`,
      [1, 2, 3, 4, 5, 6].map(
        (index) => new RegExp(`^server\\.corsOrigins\\[${index}\\](: must be| is the same as \\[0\\])`),
      ),
    ],
    [
      'origins that are no list',
      `${REGION}server: { corsOrigins: 'https://a' }`,
      [/^server\.corsOrigins: must be a list$/],
    ],
    [
      'a public URL at no port',
      `${REGION}server: { publicUrl: 'https://a:99999' }`,
      [/^server\.publicUrl: publicUrl must be an origin/],
    ],
    [
      'listeners on what is no host',
      `${REGION}server: { host: 'http://127.0.0.1' }\naccess: { mode: passthrough }\nadmin: { host: '127.0.0.1:80', token: '\${TOKEN}' }`,
      [/^server\.host: host must be an IP address or a host name/, /^admin\.host: host must be /],
    ],
    ['a batch of almost nothing', `${REGION}limits: { maxBatchBytes: 262143 }`, [/^limits\.maxBatchBytes: .* 262144$/]],
    [
      'a URL of less than nothing',
      `${REGION}cache: { parsedUrlCharacters: -1 }`,
      [/^cache\.parsedUrlCharacters: .* 0$/],
    ],
    ['a batch without end', `${REGION}limits: { maxBatchBytes: 268435457 }`, [/^limits\.maxBatchBytes: .* 268435456$/]],
    [
      'waits and streams of nobody, for no time',
      `${REGION}waits: { maxSeconds: 0, perCaller: 0 }\nstreams: { perCaller: 0, lifeSeconds: 0, heartbeatSeconds: 0 }\npolls: { perSecond: 0 }`,
      [
        /^waits\.maxSeconds: .* 1$/,
        /^waits\.perCaller: .* 1$/,
        /^streams\.perCaller: .* 1$/,
        /^streams\.lifeSeconds: .* 0\.1$/,
        /^streams\.heartbeatSeconds: .* 0\.1$/,
        /^polls\.perSecond: .* 0\.1$/,
      ],
    ],
    ['half a second of waiting', `${REGION}waits: { maxSeconds: 1.5 }`, [/^waits\.maxSeconds: .* integer number$/]],
    ['a share above one', `${REGION}upstream: { retryBudgetRatio: 2 }`, [/^upstream\.retryBudgetRatio: /]],
    [
      'half a millisecond',
      `${REGION}upstream: { connectMs: 0.5 }`,
      [/^upstream\.connectMs: /, /^upstream\.connectMs: /],
    ],
  ] as const)('%s', (_, text, expected) => {
    const violations = violationsOf(text);
    expect(violations).toEqual(expected.map((pattern) => expect.stringMatching(pattern) as unknown));
  });

  it.each([
    'http://:99999/',
    'https://[bad',
    'http://a:b:c/{service}',
    'https://{service}.x:99999',
    'https://{svc}.x',
    'ftp://a',
    'https://a?b=1',
    'https://u:p@a',
  ])('an endpoint %p', (endpoint) => {
    const text = REGION.replace('https://{service}.eu-de.example.com', `'${endpoint}'`);
    expect(violationsOf(text)).toEqual([expect.stringMatching(/^regions\[0\]\.endpoint: endpoint must be an http/)]);
  });

  it.each([
    ['upstream', 'connectMs', 60_000],
    ['upstream', 'attemptMs', 300_000],
    ['upstream', 'requestMs', 300_000],
    ['upstream', 'retries', 10],
    ['upstream', 'backoffBaseMs', 60_000],
    ['upstream', 'backoffCapMs', 60_000],
    ['upstream', 'retryBudgetMinimum', 10_000],
    ['upstream', 'breakerWindowMs', 3_600_000],
    ['upstream', 'breakerMinimumRequests', 1_000_000],
    ['upstream', 'breakerOpenMs', 3_600_000],
    ['upstream', 'breakerMaxOpenMs', 3_600_000],
    ['upstream', 'breakerProbes', 100],
    ['upstream', 'concurrency', 10_000],
    ['upstream', 'queueMs', 300_000],
    ['cache', 'memoryBytes', 1_099_511_627_776],
    ['cache', 'maxEntryBytes', 1_073_741_824],
    ['waits', 'maxSeconds', 55],
    ['waits', 'perCaller', 1_000_000],
    ['waits', 'max', 1_000_000],
    ['streams', 'perCaller', 1_000_000],
    ['streams', 'max', 1_000_000],
    ['streams', 'lifeSeconds', 86_400],
    ['streams', 'heartbeatSeconds', 30],
    ['polls', 'perSecond', 10_000],
  ] as const)('%s.%s above %d, which the example says', (section, setting, most) => {
    const violations = violationsOf(`${REGION}${section}: { ${setting}: ${most + 1} }`);
    expect(violations).toContain(`${section}.${setting}: ${setting} must not be greater than ${most}`);
    for (const most of ['.inf', '.nan', '1e300', '-1'])
      expect(violationsOf(`${REGION}${section}: { ${setting}: ${most} }`)).not.toEqual([]);
    const example = readFileSync('config/gateway.example.yaml', 'utf8');
    expect(example).toMatch(new RegExp(`^  ${setting}: \\d+ # .*\\bto ${most}\\b`, 'm'));
  });

  it.each(['http', '-1', '65536', '80.5', '0x1F90x', 'NaN'])('PORT=%s', (PORT) => {
    const violations = violationsOf(REGION, { PORT });
    expect(violations).not.toEqual([]);
    for (const violation of violations) expect(violation).toMatch(/^server\.port: port must /);
  });

  it('HOST, PORT and LOG_LEVEL are checked like settings', () => {
    const violations = violationsOf(REGION, { PORT: 'x', LOG_LEVEL: 'loud' });
    expect(violations.map((text) => text.split(':', 1)[0])).toEqual(
      expect.arrayContaining(['server.port', 'server.logLevel']),
    );
  });
});
