import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, parseConfig } from './load-config.js';
import { ENVIRONMENT, REGION, SECRET, violationsOf, withRegion } from './testing/violations.js';

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
    expect(regions.map(({ credentials }) => credentials)).toMatchObject([{ password: SECRET }, { secretKey: SECRET }]);
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
      'an unknown setting of a region',
      withRegion('endpoint: https://{service}\nregion: x\ncredentials: { mode: passthrough }'),
      [/^regions\[0\]\.region is not a known setting$/],
    ],
    ['a region without credentials', withRegion('endpoint: https://{service}'), [/^regions\[0\]\.credentials: /]],
    [
      'a password in the Redis URL',
      `${REGION}cache: { redis: { kind: standalone, url: 'redis://u:p4ss@h' } }`,
      [/^cache\.redis\.url must not hold a password: /],
    ],
  ] as const)('%s', (_, text, expected) => {
    const violations = violationsOf(text);
    expect(violations).toEqual(expected.map((pattern) => expect.stringMatching(pattern) as unknown));
  });

  it.each([
    ['text', 'abc'],
    ['a number', '5'],
    ['a list', '[1]'],
  ])('a server section that is %s', (_, section) => {
    expect(violationsOf(`${REGION}server: ${section}`)).toContain('server: server must be an object');
  });

  it.each(['server: &a { x: *a }', 'providers: &p [*p]', 'server: &a { x: *a, y: *a, z: *a, v: *a, w: *a }'])(
    'an anchor that holds its own alias: %s',
    (text) => {
      expect(violationsOf(`${REGION}${text}`)).toContainEqual(
        expect.stringMatching(/is nested too deeply: does an anchor/),
      );
    },
  );

  it.each(['constructor', '__proto__', 'toString'])('a setting called %s', (member) => {
    expect(violationsOf(`${REGION}server: { ${member}: {} }`)).toContain(`server.${member} is not a known setting`);
    expect(violationsOf(`${REGION}${member}: {}`)).toContain(`${member} is not a known setting`);
  });

  it.each(['password', 'secretKey', 'securityToken', 'token'])(
    'a %s that stands in the file, which is not repeated',
    (member) => {
      const mode = member === 'password' || member === 'token' ? member : 'aksk';
      const others = 'domain: d, user: u, accessKey: a';
      const text = withRegion(
        `iam: https://a\nendpoint: https://{service}\ncredentials: { mode: ${mode}, ${others}, ${member}: ${SECRET} }`,
      );
      const violations = violationsOf(text);
      expect(violations).toContain(
        `regions[0].credentials.${member} must name an environment variable, such as \${${member.toUpperCase()}}, or a file of its own, such as \${file:/run/secrets/${member}}: secrets do not stand in this one`,
      );
      expect(violations.join('\n')).not.toContain(SECRET);
    },
  );

  it.each([`${SECRET} ${SECRET}`, `${SECRET}\r\nx: y`, `${SECRET}\u00e4`])(
    'a token that is no word: not repeated',
    (TOKEN) => {
      const text = withRegion("cloud: github\nendpoint: https://a\ncredentials: { mode: token, token: '${TOKEN}' }");
      expect(violationsOf(text, { TOKEN })).toEqual([
        'regions[0].credentials.token: token must be one word of visible ASCII characters',
      ]);
      expect(violationsOf(text, { TOKEN: SECRET })).toEqual([]);
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

  it('wrong settings: all are named at once, without a secret', () => {
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

describe('a secret in a file of its own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'token');
  const text = withRegion(
    `cloud: github\nendpoint: https://a\ncredentials: { mode: token, token: '\${file:${path}}' }`,
  );
  const tokenIn = (content: string): unknown => {
    writeFileSync(path, content);
    return parseConfig(text, {}, 'test').regions[0]?.credentials;
  };

  it('is read, without the newline at its end', () => {
    for (const end of ['', '\n', '\r\n']) expect(tokenIn(SECRET + end)).toMatchObject({ token: SECRET });
  });

  it('stands for a part of a value, too', () => {
    writeFileSync(path, `u:${SECRET}\n`);
    const redis = `cache: { redis: { kind: standalone, url: 'redis://\${file:${path}}@\${HOST_OF}/0' } }`;
    const { cache } = parseConfig(`${REGION}${redis}`, { HOST_OF: 'h' }, 'test');
    expect(cache.redis).toMatchObject({ url: `redis://u:${SECRET}@h/0` });
  });

  it.each<[string, () => void, string]>([
    ['missing', () => rmSync(path, { force: true }), 'which cannot be read'],
    ['empty', () => writeFileSync(path, '\n'), 'which is empty'],
    ['too large', () => writeFileSync(path, SECRET.repeat(10_000)), 'which is larger than 65536 bytes'],
  ])('that is %s: named, and nothing of it is repeated', (_, prepare, fault) => {
    prepare();
    const violations = violationsOf(text);
    expect(violations).toContain(`regions[0].credentials.token needs the file ${path}, ${fault}`);
    expect(violations.join('\n')).not.toContain(SECRET);
  });

  it('that has no end: is none', () => {
    expect(violationsOf(text.replace(path, '/dev/zero'))).toContain(
      'regions[0].credentials.token needs the file /dev/zero, which is no file',
    );
  });

  it('of a wrong form: is not repeated', () => {
    writeFileSync(path, `${SECRET} ${SECRET}\n`);
    expect(violationsOf(text)).toEqual([
      'regions[0].credentials.token: token must be one word of visible ASCII characters',
    ]);
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
