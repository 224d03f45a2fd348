import { describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { cloudsOf } from '@gateway/tasks';
import { REGION, violationsOf, withRegion } from './testing/violations.js';

const IDS = PROVIDERS.map(({ id }) => id);
/** Those that a region is asked for whose cloud is left out. */
const THERE = PROVIDERS.filter((provider) => cloudsOf(provider).includes('open-telekom-cloud')).map(({ id }) => id);
const others = THERE.filter((id) => id !== 'ims');

it.each(['a', '{service}.a'])(
  'another address at the host of a region with tokens, %s: nothing contradicts it',
  (host) => {
    const region = withRegion(
      `cloud: github\nprojectId: acme/tool.kit\nendpoint: https://${host}/api/v3\ncredentials: { mode: token, token: "\${TOKEN}" }`,
    );
    const url = `https://${host.replace('{service}', 'github')}/api`;
    expect(
      violationsOf(
        `${region}providers: [{ id: github-run, projectId: acme/.github, endpoints: [{ region: eu-de, url: '${url}' }] }]`,
      ),
    ).toEqual([]);
  },
);

describe('settings that contradict each other', () => {
  it.each([
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
      'the same region twice',
      `${REGION}${REGION.replace(/^\s*regions:\n/, '')}`,
      [/^regions\[1\]\.name is that of regions\[0\], too: each is named once$/],
    ],
    [
      'two default regions',
      `${REGION}${REGION.replace(/^\s*regions:\n/, '').replace(/name: \S+/, 'name: other')}`.replaceAll(
        /^( +)endpoint:/gm,
        '$1default: true\n$1endpoint:',
      ),
      [/^regions\[1\]\.default is true as regions\[0\]\.default is: one region is asked where none is named$/],
    ],
    [
      'an unknown provider',
      `${REGION}providers: [{ id: nobody }]`,
      [new RegExp(`^providers\\[0\\]\\.id: there is no provider nobody; known are ${IDS.join(', ')}$`)],
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
      'pages of this machine on a host that others reach',
      `${REGION}server: { host: 0.0.0.0, corsLocalhost: true }\naccess: { mode: passthrough }`,
      [/^server\.corsLocalhost is for demos on loopback, and server\.host is 0\.0\.0\.0: name exact origins/],
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
      [new RegExp(`^regions\\[0\\]\\.endpoint is one address for ${THERE.join(', ')}: put \\{service\\} where `)],
    ],
    [
      'one address for all services but one, which has its own',
      `${withRegion('endpoint: https://a\ncredentials: { mode: passthrough }')}
providers: [{ id: ims, endpoints: [{ region: eu-de, url: 'https://b' }] }]`,
      [new RegExp(`^regions\\[0\\]\\.endpoint is one address for ${others.join(', ')}: `)],
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
      'projects that no task is found by',
      `${withRegion('projectId: owner/repo\nendpoint: https://{service}\ncredentials: { mode: passthrough }')}
providers: [{ id: ims, projectId: owner/repo }]`,
      [
        /^regions\[0\]\.projectId: projects of apig match \^\[A-Za-z0-9\]/,
        /^providers\[0\]\.projectId: projects of ims match \^\[A-Za-z0-9\]/,
      ],
    ],
    [
      'credentials of another mode',
      withRegion('endpoint: https://{service}\ncredentials: { mode: passthrough, user: u, accessKey: a }'),
      [
        /^regions\[0\]\.credentials\.user is not a known setting of mode passthrough$/,
        /^regions\[0\]\.credentials\.accessKey is not a known setting of mode passthrough$/,
      ],
    ],
    ...['mode: passwort, ', ''].map(
      (mode) =>
        [
          `credentials of ${mode === '' ? 'no' : 'an unknown'} mode: their other members are passed over`,
          withRegion(`endpoint: https://{service}\ncredentials: { ${mode}user: u, password: '\${PASSWORD}' }`),
          [/^regions\[0\]\.credentials\.mode: mode must be one of .*: passthrough, password, aksk, token$/],
        ] as const,
    ),
    ...(['hetzner', 'digitalocean', 'gitlab', 'github'] as const).flatMap((cloud) =>
      (
        [
          'password, domain: d, user: u, password: "${PASSWORD}"',
          'aksk, accessKey: a, secretKey: "${SECRET_KEY}"',
        ] as const
      ).map(
        (mode) =>
          [
            `a login at ${cloud}, which knows none: ${mode}`,
            withRegion(`cloud: ${cloud}\niam: https://iam\nendpoint: https://a\ncredentials: { mode: ${mode} }`),
            [
              new RegExp(
                `^regions\\[0\\]\\.credentials\\.mode: ${cloud} takes no ${mode.split(',')[0]}: use token or passthrough$`,
              ),
              new RegExp(`^regions\\[0\\]\\.iam: ${cloud} has no identity service: remove it$`),
            ],
          ] as const,
      ),
    ),
    ...['', 'cloud: huawei-cloud\n'].map(
      (cloud) =>
        [
          `a token that ends after a day: ${cloud}`,
          withRegion(`${cloud}endpoint: https://{service}\ncredentials: { mode: token, token: "\${TOKEN}" }`),
          [/^regions\[0\]\.credentials\.mode: tokens of (?:open-telekom|huawei)-cloud end after a day: use password/],
        ] as const,
    ),
    ...(['token, token: "${TOKEN}"', 'passthrough'] as const).map(
      (mode) =>
        [
          `an address that would send the tokens of a region to another host: ${mode}`,
          `${withRegion(`cloud: github\nendpoint: https://a/api/v3\ncredentials: { mode: ${mode} }`)}
providers: [{ id: github-run, endpoints: [{ region: eu-de, url: 'https://b/api/v3' }] }]`,
          [
            /^providers\[0\]\.endpoints\[0\]\.url: tokens of region eu-de would go to another host: make it a region of its own$/,
          ],
        ] as const,
    ),
    [
      'an address on the host that the label of no service makes',
      `${withRegion('cloud: github\nendpoint: https://{service}.a\ncredentials: { mode: passthrough }')}
providers: [{ id: github-run, endpoints: [{ region: eu-de, url: 'https://service.a/api/v3' }] }]`,
      [/^providers\[0\]\.endpoints\[0\]\.url: tokens of region eu-de would go to another host: /],
    ],
    [
      'callers known by their cloud tokens where the cloud is asked with the one of the gateway',
      `${withRegion('cloud: gitlab\nendpoint: https://a\ncredentials: { mode: token, token: "${TOKEN}" }')}access: { mode: passthrough }`,
      [/^regions\[0\]\.credentials\.mode must be passthrough for access\.mode passthrough: nobody tells /],
    ],
    [
      'callers known by their cloud tokens, and nobody to ask about them',
      `${withRegion("endpoint: https://{service}\ncredentials: { mode: aksk, accessKey: a, secretKey: '${SECRET_KEY}' }")}access: { mode: passthrough }`,
      [/^regions\[0\]\.iam must be set for access\.mode passthrough: /],
    ],
  ] as const)('%s', (_, text, expected) => {
    const violations = violationsOf(text);
    expect(violations).toEqual(expected.map((pattern) => expect.stringMatching(pattern) as unknown));
  });
});
