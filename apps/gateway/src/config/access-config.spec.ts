import { describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { ConfigError, parseConfig } from './load-config.js';

const SECRET = 'hunter2-of-the-test-with-32-characters';
const REGION = `
regions:
  - name: eu-de
    endpoint: https://{service}.eu-de.example.com
    credentials: { mode: passthrough }
`;
const HASH = 'a'.repeat(64);
const ANY = 'regions: any, projects: any, instances: any, providers: any';
const KEY = `{ id: one, sha256: ${HASH}, ${ANY} }`;
const JWT = `issuer: https://login.example.com, audience: gateway, claims: { ${ANY} }`;
const DANGER =
  "access.mode: open on server.host 0.0.0.0 shows every task that the gateway's credentials can read to everybody who " +
  'reaches it: choose passthrough, apiKey or jwt, listen on 127.0.0.1, or set access.dangerouslyOpenToTheNetwork to true';

const parse = (access: string, environment: Readonly<Record<string, string>> = {}, more = '') =>
  parseConfig(`${REGION}${access === '' ? '' : `access: { ${access} }`}\n${more}`, environment, 'gateway.yaml').access;

function violationsOf(
  access: string,
  environment: Readonly<Record<string, string>> = {},
  more = '',
): readonly string[] {
  try {
    parse(access, environment, more);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/^ {2}- /, ''));
  }
  return [];
}

describe('access', () => {
  it('without a mode: open', () => {
    expect(parse('')).toEqual({ mode: 'open', dangerouslyOpenToTheNetwork: false, tokenProvesProject: false });
  });

  it.each(['127.0.0.1', '127.8.9.10', 'localhost', '::1'])('may be open on %s', (HOST) => {
    expect(violationsOf('mode: open', { HOST })).toEqual([]);
  });

  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.7',
    'gateway.example.com',
    '127.0.0.1.example.com',
    '::ffff:10.0.0.7',
    '128.0.0.1',
  ])('may not be open on %s, whoever named it, unless the danger is named', (host) => {
    const server = `server: { host: '${host}' }`;
    const danger = DANGER.replace('0.0.0.0', host);
    expect(violationsOf('mode: open', { HOST: host })).toEqual([danger]);
    expect(violationsOf('', {}, server)).toEqual([danger]);
    expect(violationsOf('', { HOST: '127.0.0.1' }, server)).toEqual([]);
    expect(violationsOf('dangerouslyOpenToTheNetwork: true', { HOST: host })).toEqual([]);
    for (const access of ['mode: passthrough', `mode: apiKey, apiKeys: [${KEY}]`, `mode: jwt, jwt: { ${JWT} }`])
      expect(violationsOf(access, { HOST: host })).toEqual([]);
  });

  it('takes the principal secret from the environment', () => {
    const access = "mode: passthrough, principalSecret: '${THE_SECRET}'";
    expect(parse(access, { THE_SECRET: SECRET }).principalSecret).toBe(SECRET);
    expect(violationsOf(access)).toContain(
      'access.principalSecret needs the environment variable THE_SECRET, which is not set',
    );
    const short = violationsOf(access, { THE_SECRET: 'short-secret' });
    expect(short).toEqual([
      expect.stringMatching(/^access\.principalSecret: .* longer than or equal to 32 characters$/),
    ]);
    expect(short.join()).not.toContain('short-secret');
    const inFile = violationsOf(`principalSecret: ${SECRET}`);
    expect(inFile).toEqual([expect.stringMatching(/^access\.principalSecret must name an environment variable/)]);
    expect(inFile.join()).not.toContain(SECRET);
  });

  it('has defaults for tokens that are the narrowest', () => {
    expect(parse(`mode: jwt, jwt: { ${JWT} }`).jwt).toMatchObject({ algorithms: ['RS256'], clockToleranceSeconds: 5 });
  });

  it.each(['http://127.0.0.1:8080/realm', 'http://localhost', 'http://[::1]:1/x', 'https://login.example.com/realm/'])(
    'may trust an issuer at %s',
    (issuer) => {
      expect(violationsOf(`mode: jwt, jwt: { issuer: '${issuer}', audience: a, claims: { ${ANY} } }`)).toEqual([]);
    },
  );
});

describe('access that cannot be used', () => {
  const keyWith = (members: string): string => `mode: apiKey, apiKeys: [{ id: one, sha256: ${HASH}, ${members} }]`;
  const jwtWith = (members: string): string => `mode: jwt, jwt: { ${members} }`;
  const other = `sha256: ${'b'.repeat(64)}, ${ANY}`;

  it.each([
    ['an unknown mode', 'mode: magic', [/^access\.mode: mode must be one of .*open, passthrough, apiKey, jwt$/]],
    ['an unknown setting', 'mode: open, opne: 1', [/^access\.opne is not a known setting of mode open$/]],
    ['a danger that is no boolean', "dangerouslyOpenToTheNetwork: 'true'", [/^access\.dangerouslyOpenToTheNetwork: /]],
    [
      'a danger that does not exist',
      'mode: passthrough, dangerouslyOpenToTheNetwork: true',
      [/^access\.dangerouslyOpenToTheNetwork is used by mode open only$/],
    ],
    ['mode apiKey without keys', 'mode: apiKey', [/^access\.apiKeys must be set for mode apiKey$/]],
    ['no keys', 'mode: apiKey, apiKeys: []', [/^access\.apiKeys: apiKeys must contain at least 1 elements$/]],
    ['keys that say nothing', 'mode: apiKey, apiKeys: ', [/^access\.apiKeys must be set for mode apiKey$/]],
    ['mode jwt without its settings', 'mode: jwt', [/^access\.jwt must be set for mode jwt$/]],
    [
      'sections that the mode does not use',
      `mode: passthrough, apiKeys: [${KEY}], jwt: { ${JWT} }`,
      [/^access\.apiKeys is used by mode apiKey only$/, /^access\.jwt is used by mode jwt only$/],
    ],
    [
      'a key without rights',
      `mode: apiKey, apiKeys: [{ id: one, sha256: ${HASH} }]`,
      ['regions', 'projects', 'instances', 'providers'].map(
        (member) =>
          new RegExp(
            `^access\\.apiKeys\\[0\\]\\.${member}: ${member} must be the word any, or a list of at least one name$`,
          ),
      ),
    ],
    ['an empty list', keyWith(ANY.replace('projects: any', 'projects: []')), [/^access\.apiKeys\[0\]\.projects: /]],
    ['any in a longer word', keyWith(ANY.replace('projects: any', 'projects: ANY')), [/\.projects: /]],
    ['a star', keyWith(ANY.replace('projects: any', "projects: ['*']")), [/\.projects: /]],
    ['names that are numbers', keyWith(ANY.replace('projects: any', 'projects: [1]')), [/\.projects: /]],
    [
      'names that do not exist',
      keyWith('regions: [eu-de, moon], projects: any, instances: any, providers: [ims, nobody]'),
      [
        /^access\.apiKeys\[0\]\.regions: region moon is not configured$/,
        new RegExp(
          `^access\\.apiKeys\\[0\\]\\.providers: there is no provider nobody; known are ${PROVIDERS.map(({ id }) => id).join(', ')}$`,
        ),
      ],
    ],
    [
      'two keys of one name',
      `mode: apiKey, apiKeys: [${KEY}, { id: one, ${other} }]`,
      [/^access\.apiKeys\[1\]\.id is that of access\.apiKeys\[0\], too: each is named once$/],
    ],
    [
      'the same key twice',
      `mode: apiKey, apiKeys: [${KEY}, { id: two, sha256: ${HASH.toUpperCase()}, ${ANY} }]`,
      [/^access\.apiKeys\[1\]\.sha256 is the same as that of another key$/],
    ],
    [
      'an issuer over plain HTTP',
      jwtWith(`issuer: 'http://login.example.com', audience: a, claims: { ${ANY} }`),
      [/^access\.jwt\.issuer: issuer must be an https URL/],
    ],
    [
      'keys over plain HTTP',
      jwtWith(`jwksUrl: 'http://10.0.0.1/keys', ${JWT}`),
      [/^access\.jwt\.jwksUrl: jwksUrl must be an https URL/],
    ],
    ['a password in the URL', jwtWith(`jwksUrl: 'https://u:p4ss@a/keys', ${JWT}`), [/^access\.jwt\.jwksUrl: /]],
    ['no audience', jwtWith(JWT.replace('audience: gateway, ', '')), [/\.audience: /, /\.audience: /]],
    ['no claims', jwtWith('issuer: https://a, audience: a'), [/^access\.jwt\.claims: /]],
    [
      'claims left out',
      jwtWith('issuer: https://a, audience: a, claims: { regions: any, projects: p }'),
      [
        /^access\.jwt\.claims\.instances: /,
        /^access\.jwt\.claims\.instances: /,
        /^access\.jwt\.claims\.providers: /,
        /^access\.jwt\.claims\.providers: /,
      ],
    ],
    ['an hour of tolerance', jwtWith(`clockToleranceSeconds: 3600, ${JWT}`), [/\.clockToleranceSeconds: /]],
    ['no algorithms', jwtWith(`algorithms: [], ${JWT}`), [/\.algorithms: /]],
    ...['none', 'None', 'HS256', 'HS512', 'dir', 'rs256'].map(
      (algorithm) =>
        [
          `algorithm ${algorithm}`,
          jwtWith(`algorithms: [RS256, ${algorithm}], ${JWT}`),
          [/^access\.jwt\.algorithms\[1\]: must be one of RS256, /],
        ] as const,
    ),
  ] as const)('%s', (_, access, expected) => {
    expect(violationsOf(access)).toEqual(expected.map((pattern) => expect.stringMatching(pattern) as unknown));
  });

  it('a key that stands where its hash should, which is not repeated', () => {
    const violations = violationsOf(`mode: apiKey, apiKeys: [{ id: one, sha256: ${SECRET}, ${ANY} }]`);
    expect(violations).toEqual([
      'access.apiKeys[0].sha256: sha256 must be the SHA-256 of the key: 64 hexadecimal digits',
    ]);
  });

  it('wrong settings: all are named at once', () => {
    const access = `mode: jwt, principalSecret: x, jwt: { issuer: 'ftp://a', ${JWT.slice(JWT.indexOf('audience'))} }, apiKeys: [{ id: ' ' }]`;
    const places = violationsOf(access).map((text) => text.split(/[: ]/, 1)[0]);
    expect(new Set(places)).toEqual(
      new Set([
        'access.principalSecret',
        'access.jwt.issuer',
        'access.apiKeys',
        ...['id', 'sha256', 'regions', 'projects', 'instances', 'providers'].map((name) => `access.apiKeys[0].${name}`),
      ]),
    );
  });
});
