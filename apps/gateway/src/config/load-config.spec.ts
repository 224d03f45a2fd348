import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig, parseConfig } from './load-config.js';

const SECRET = 'hunter2-of-the-test';
const ENVIRONMENT = {
  TOKEN: SECRET.repeat(2),
  PASSWORD: SECRET,
  SECRET_KEY: SECRET,
  REDIS_URL: `redis://:${SECRET}@127.0.0.1:6379`,
};
const REGION = `
regions:
  - name: eu-de
    endpoint: https://{service}.eu-de.example.com
    credentials: { mode: passthrough }
`;
const withRegion = (members: string): string => `
regions:
  - name: eu-de
    ${members.trim().split('\n').join('\n    ')}
`;

function violationsOf(
  text: string,
  environment: Readonly<Record<string, string | undefined>> = ENVIRONMENT,
): readonly string[] {
  try {
    parseConfig(text, environment, 'gateway.yaml');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const [first, ...lines] = error.message.split('\n');
    expect(first).toBe('The configuration cannot be used (gateway.yaml):');
    return lines.map((line) => line.replace(/^ {2}- /, ''));
  }
  return [];
}

describe('a configuration', () => {
  it('needs one region only', () => {
    const config = parseConfig(REGION, {}, 'gateway.yaml');
    expect(config.server).toMatchObject({ host: '127.0.0.1', port: 3000, corsOrigins: [], logLevel: 'info' });
    expect(config.regions).toHaveLength(1);
    expect([config.providers, config.cache.redis]).toEqual([[], undefined]);
  });

  it('takes its secrets from the environment', () => {
    const text = `
regions:
  - name: one
    iam: https://iam.example.com
    endpoint: https://{service}.example.com
    credentials: { mode: password, domain: d, user: u, password: '\${PASSWORD}' }
  - name: two
    endpoint: https://{service}.example.com
    credentials: { mode: aksk, accessKey: a, secretKey: '\${SECRET_KEY}' }
cache: { redis: { kind: standalone, url: '\${REDIS_URL}' } }
`;
    const { regions, cache } = parseConfig(text, ENVIRONMENT, 'gateway.yaml');
    expect(regions.map(({ credentials: { password, secretKey } }) => password ?? secretKey)).toEqual([SECRET, SECRET]);
    expect(cache.redis).toMatchObject({ kind: 'standalone', url: ENVIRONMENT.REDIS_URL });
  });

  it('fills variables in anywhere, also into the middle of a value', () => {
    const text = REGION.replace('https://{service}.eu-de', '${SCHEME}://{service}.${ZONE}');
    const { regions } = parseConfig(text, { SCHEME: 'https', ZONE: 'eu-nl' }, 'gateway.yaml');
    expect(regions[0]?.endpoint).toBe('https://{service}.eu-nl.example.com');
  });

  it('yields to HOST, PORT and LOG_LEVEL, where they are not empty', () => {
    const server = 'server: { host: 0.0.0.0, port: 80, logLevel: warn }';
    const text = `${server}\naccess: { mode: passthrough }${REGION}`;
    const overruled = parseConfig(text, { HOST: '::1', PORT: '8080', LOG_LEVEL: 'debug' }, 'gateway.yaml');
    expect(overruled.server).toMatchObject({ host: '::1', port: 8080, logLevel: 'debug' });
    const kept = parseConfig(text, { HOST: '', PORT: '', LOG_LEVEL: '' }, 'gateway.yaml');
    expect(kept.server).toMatchObject({ host: '0.0.0.0', port: 80, logLevel: 'warn' });
  });
});

describe('a configuration that cannot be used', () => {
  it.each([
    ['no regions', 'server: {}', [/^regions: regions must name at least one region/]],
    ['nothing', '', [/^regions: regions must name at least one region/]],
    ['a list', '- regions', [/^not a YAML mapping$/]],
    ['a word', 'regions', [/^not a YAML mapping$/]],
    ['no YAML', 'regions: [', [/^not YAML: /]],
    ['an unknown section', `${REGION}metrics: {}`, [/^metrics is not a known setting$/]],
    ['an unknown setting', `${REGION}server: { prot: 80 }`, [/^server\.prot is not a known setting$/]],
    ['a setting of an earlier version', `${REGION}upstream: { queue: 32 }`, [/^upstream\.queue is gone: .*queueMs/]],
    [
      'a drain that is longer than the stop',
      `${REGION}server: { drainSeconds: 31 }`,
      [
        /^server\.drainSeconds \(31\) must not be more than server\.shutdownSeconds \(30\): a stop is over before its drain then$/,
      ],
    ],
    [
      'more time for a head than for its request',
      `${REGION}server: { headersSeconds: 31 }`,
      [/^server\.headersSeconds \(31\) must not be more than server\.requestSeconds/],
    ],
    [
      'times that are none',
      `${REGION}server: { idleSeconds: 0, stallSeconds: -1, maxConnections: 1.5 }`,
      ['idleSeconds', 'stallSeconds', 'maxConnections'].map((name) => new RegExp(`^server.${name}: `)),
    ],
    [
      'an unknown setting of a region',
      withRegion('endpoint: https://{service}\nregion: x\ncredentials: { mode: passthrough }'),
      [/^regions\[0\]\.region is not a known setting$/],
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
    ['a region without credentials', withRegion('endpoint: https://{service}'), [/^regions\[0\]\.credentials: /]],
    [
      'an unknown mode',
      withRegion('endpoint: https://{service}\ncredentials: { mode: magic }'),
      [/^regions\[0\]\.credentials\.mode: mode must be one of the following values: passthrough, password, aksk$/],
    ],
    [
      'the same region twice',
      `${REGION}${REGION.replace(/^\s*regions:\n/, '')}`,
      [/^regions\[1\]\.name is that of regions\[0\], too: each is named once$/],
    ],
    [
      'an unknown provider',
      `${REGION}providers: [{ id: ecs }]`,
      [/^providers\[0\]\.id: there is no provider ecs; known are apig, ims, dms$/],
    ],
    [
      'the same provider twice',
      `${REGION}providers: [{ id: ims }, { id: ims }]`,
      [/^providers\[1\]\.id is that of providers\[0\], too: each is named once$/],
    ],
    [
      'an unknown default region',
      `${REGION}providers: [{ id: ims, region: moon }]`,
      [/^providers\[0\]\.region: region moon is not configured$/],
    ],
    [
      'an address in an unknown region',
      `${REGION}providers: [{ id: ims, endpoints: [{ region: moon, url: 'https://a' }] }]`,
      [/^providers\[0\]\.endpoints\[0\]\.region: region moon is not configured$/],
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
      'pages of this machine on a host that others reach',
      `${REGION}server: { host: 0.0.0.0, corsLocalhost: true }\naccess: { mode: passthrough }`,
      [/^server\.corsLocalhost is for demos on loopback, and server\.host is 0\.0\.0\.0: name exact origins/],
    ],
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
      'a password in the Redis URL',
      `${REGION}cache: { redis: { kind: standalone, url: 'redis://u:p4ss@h' } }`,
      [/^cache\.redis\.url must not hold a password: /],
    ],
    [
      'names that do not exist beside a setting that does not either',
      `${REGION}nope: 1\nproviders: [{ id: nope, region: zz, endpoints: [{ region: q, url: 'http://a' }] }]`,
      [
        /^nope is not a known setting$/,
        /^providers\[0\]\.id: there is no provider nope; /,
        /^providers\[0\]\.region: region zz is not configured$/,
        /^providers\[0\]\.endpoints\[0\]\.region: region q is not configured$/,
      ],
    ],
    [
      'an attempt longer than its request',
      `${REGION}upstream: { attemptMs: 500, requestMs: 499 }`,
      [/^upstream\.attemptMs \(500\) must not be more than upstream\.requestMs \(499\): /],
    ],
    [
      'pauses that begin longer than they may become',
      `${REGION}upstream: { backoffBaseMs: 2000, breakerOpenMs: 90000 }`,
      [/^upstream\.backoffBaseMs \(2000\) must not be more than .*Cap/, /^upstream\.breakerOpenMs \(90000\) must not /],
    ],
    [
      'a running task that is believed longer than one that has ended',
      `${REGION}cache: { finalTtlSeconds: 1 }`,
      [/^cache\.unfinishedTtlSeconds \(1\.5\) must not be more than cache\.finalTtlSeconds \(1\): /],
    ],
    [
      'one address for several services',
      withRegion('endpoint: https://a\ncredentials: { mode: passthrough }'),
      [/^regions\[0\]\.endpoint is one address for apig, ims, dms: put \{service\} where /],
    ],
    [
      'one address for two services, beside the own one of the third',
      `${withRegion('endpoint: https://a\ncredentials: { mode: passthrough }')}
providers: [{ id: ims, endpoints: [{ region: eu-de, url: 'https://b' }] }]`,
      [/^regions\[0\]\.endpoint is one address for apig, dms: /],
    ],
    [
      'two addresses of a provider in a region',
      `${REGION}providers: [{ id: ims, endpoints: [{ region: eu-de, url: 'https://a' }, { region: eu-de, url: 'https://b' }] }]`,
      [/^providers\[0\]\.endpoints\[1\]\.region is that of providers\[0\]\.endpoints\[0\], too: /],
    ],
    [
      'a default that no task of a provider is found by',
      `${REGION}providers: [{ id: ims, projectId: p, instanceId: i }]`,
      [/^providers\[0\]\.instanceId: tasks of ims are not found by it; they are by region, projectId$/],
    ],
    [
      'credentials of another mode',
      withRegion('endpoint: https://{service}\ncredentials: { mode: passthrough, user: u, accessKey: a }'),
      [
        /^regions\[0\]\.credentials\.user is used by mode password only$/,
        /^regions\[0\]\.credentials\.accessKey is used by mode aksk only$/,
      ],
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
    [
      'callers known by their cloud tokens, and nobody to ask about them',
      `${withRegion("endpoint: https://{service}\ncredentials: { mode: aksk, accessKey: a, secretKey: '${SECRET_KEY}' }")}access: { mode: passthrough }`,
      [/^regions\[0\]\.iam must be set for access\.mode passthrough: /],
    ],
    ['a batch of almost nothing', `${REGION}limits: { maxBatchBytes: 262143 }`, [/^limits\.maxBatchBytes: .* 262144$/]],
    ['a batch without end', `${REGION}limits: { maxBatchBytes: 268435457 }`, [/^limits\.maxBatchBytes: .* 268435456$/]],
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
  ] as const)('%s.%s above %d, which the example says', (section, setting, most) => {
    const violations = violationsOf(`${REGION}${section}: { ${setting}: ${most + 1} }`);
    expect(violations).toContain(`${section}.${setting}: ${setting} must not be greater than ${most}`);
    for (const most of ['.inf', '.nan', '1e300', '-1'])
      expect(violationsOf(`${REGION}${section}: { ${setting}: ${most} }`)).not.toEqual([]);
    const example = readFileSync('config/gateway.example.yaml', 'utf8');
    expect(example).toMatch(new RegExp(`^  ${setting}: \\d+ # .*\\bto ${most}\\b`, 'm'));
  });

  it.each([
    ['text', 'abc'],
    ['a number', '5'],
    ['a list', '[1]'],
  ])('a server section that is %s', (_, section) => {
    expect(violationsOf(`${REGION}server: ${section}`)).toContain('server: server must be an object');
  });

  it.each(['server: &a { x: *a }', 'providers: &p [*p]'])('an anchor that holds its own alias: %s', (text) => {
    expect(violationsOf(`${REGION}${text}`)).toContainEqual(
      expect.stringMatching(/is nested too deeply: does an anchor/),
    );
  });

  it.each(['constructor', '__proto__', 'toString'])('a setting called %s', (member) => {
    expect(violationsOf(`${REGION}server: { ${member}: {} }`)).toContain(`server.${member} is not a known setting`);
    expect(violationsOf(`${REGION}${member}: {}`)).toContain(`${member} is not a known setting`);
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

  it.each(['password', 'secretKey', 'securityToken'])(
    'a %s that stands in the file, which is not repeated',
    (member) => {
      const mode = member === 'password' ? 'password' : 'aksk';
      const others = 'domain: d, user: u, accessKey: a';
      const text = withRegion(
        `iam: https://a\nendpoint: https://{service}\ncredentials: { mode: ${mode}, ${others}, ${member}: ${SECRET} }`,
      );
      const violations = violationsOf(text);
      expect(violations).toContain(
        `regions[0].credentials.${member} must name an environment variable, such as \${${member.toUpperCase()}}: secrets do not stand in files`,
      );
      expect(violations.join('\n')).not.toContain(SECRET);
    },
  );

  it.each([undefined, ''])('a variable that is %p', (PASSWORD) => {
    const text = withRegion(
      "iam: https://a\nendpoint: https://{service}\ncredentials: { mode: password, domain: d, user: u, password: '${PASSWORD}' }",
    );
    expect(violationsOf(text, { PASSWORD })).toContain(
      'regions[0].credentials.password needs the environment variable PASSWORD, which is not set',
    );
  });

  it('is told everything that is wrong at once, and no secret with it', () => {
    const text = `
server: { port: 70000, colour: red }
regions:
  - name: eu de
    iam: iam.example.com
    endpoint: nowhere
    credentials: { mode: password, domain: d, user: u, password: '\${PASSWORD}', pass: '\${PASSWORD}' }
  - name: eu-nl
    endpoint: https://\${ZONE}.example.com
    credentials: { mode: aksk, accessKey: a, secretKey: ${SECRET} }
cache: { redis: { kind: standalone, url: '\${PASSWORD}' } }
`;
    const violations = violationsOf(text);
    const places = violations.map((violation) => violation.split(/[: ]/, 1)[0]);
    expect([...new Set(places)].toSorted()).toEqual(
      [
        'cache.redis.url',
        'regions[0].credentials.pass',
        'regions[0].endpoint',
        'regions[0].iam',
        'regions[0].name',
        'regions[1].credentials.secretKey',
        'regions[1].endpoint',
        'server.colour',
        'server.port',
      ].toSorted(),
    );
    expect(violations.join('\n')).not.toContain(SECRET);
  });
});

describe('the file', () => {
  it('is the one that GATEWAY_CONFIG names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
    const path = join(folder, 'mine.yaml');
    writeFileSync(path, REGION);
    try {
      expect(loadConfig({ GATEWAY_CONFIG: path }).regions[0]?.name).toBe('eu-de');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that does not exist is named, with what to do', () => {
    expect(() => loadConfig({ GATEWAY_CONFIG: '/nowhere/gateway.yaml' })).toThrow(
      'The configuration cannot be used (/nowhere/gateway.yaml):\n  - the file cannot be read: copy config/gateway.example.yaml',
    );
  });
});
