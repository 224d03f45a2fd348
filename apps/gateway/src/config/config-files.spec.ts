import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { hostLabel } from '@gateway/tasks';
import { cloudOf } from '@gateway/upstream';
import { parse } from 'yaml';
import { ACCESS_MODES, JWT_ALGORITHMS } from './access-config.js';
import { GatewayConfig } from './gateway-config.js';
import { parseConfig } from './load-config.js';

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
}

const { services } = parse(readFileSync('docker-compose.yml', 'utf8')) as { services: Record<string, Service> };
/** What the gateway gets where whoever types `docker compose up` has set nothing. */
const GIVEN = Object.fromEntries(
  Object.entries(services['gateway']?.environment ?? {}).map(([name, value]) => [
    name,
    value.replace(/^\$\{\w+:-(.*)\}$/, '$1'),
  ]),
);

const read = (name: string) => readFileSync(`config/${name}`, 'utf8');

describe('the configuration files of this repository', () => {
  it('documents every setting of the example with its real default', () => {
    const config = parseConfig(read('gateway.example.yaml'), { OTC_PASSWORD: 'x' }, 'example');
    const { server, access, cache, upstream, limits, waits, streams, polls } = new GatewayConfig();
    expect(config.server).toEqual(server);
    expect(config.access).toEqual(access);
    expect(config.cache).toEqual(cache);
    expect(config.upstream).toEqual(upstream);
    expect(config.limits).toEqual(limits);
    expect([config.waits, config.streams, config.polls]).toEqual([waits, streams, polls]);
  });

  it('leaves no setting out of the example', () => {
    const text = read('gateway.example.yaml');
    const members = Object.values(new GatewayConfig()).flatMap((section: unknown) => Object.keys(section ?? {}));
    const optional = [
      'publicUrl',
      'iam',
      'maxBodyBytes',
      'keyPrefix',
      'securityToken',
      'secretKey',
      'passthrough',
      'aksk',
      'principalSecret',
      'sha256',
      'projects',
      'instances',
      'issuer',
      'jwksUrl',
      'audience',
      'clockToleranceSeconds',
      'claims',
      'tenant',
      ...ACCESS_MODES,
      ...JWT_ALGORITHMS,
    ];
    for (const member of [...members, ...optional]) expect(text).toContain(member);
  });

  it('has an example of the operators’ listener that can be used', () => {
    const example = read('gateway.example.yaml');
    const admin = example.slice(example.indexOf('# admin:')).replaceAll(/^# /gm, '');
    const environment = { OTC_PASSWORD: 'x', ADMIN_TOKEN: 'x'.repeat(32) };
    const text = example.slice(0, example.indexOf('# admin:')) + admin;
    expect(parseConfig(text, environment, 'example').admin).toEqual({
      host: '127.0.0.1',
      port: 3001,
      token: 'x'.repeat(32),
    });
  });

  it('has an example of a region with a token that can be used', () => {
    const example = read('gateway.example.yaml');
    const region = /^ {2}# - name: our-gitlab(?:.*\n {2}# .*)*/m.exec(example)?.[0] ?? '';
    const text = example.replace(region, region.replaceAll(/^ {2}# /gm, '  '));
    const { regions } = parseConfig(text, { OTC_PASSWORD: 'x', GITLAB_TOKEN: 'glpat-x' }, 'example');
    expect(regions[1]).toMatchObject({ cloud: 'gitlab', credentials: { mode: 'token', token: 'glpat-x' } });
  });

  it('has an example for each way to reach Redis, and all of them can be used', () => {
    const example = read('gateway.example.yaml');
    const commented = example.slice(example.indexOf('  # redis:\n'), example.indexOf('  # Each of them also with:'));
    const sections = commented.split(/^(?= {2}# redis:)/m).map((section) => section.replaceAll(/^ {2}# /gm, '  '));
    const kinds = sections.map((section) => {
      const text = `${example.slice(0, example.indexOf('cache:\n'))}cache:\n${section}`;
      const environment = { OTC_PASSWORD: 'x', REDIS_URL: 'redis://a', REDIS_PASSWORD: 'x', SENTINEL_PASSWORD: 'x' };
      return parseConfig(text, environment, 'example').cache.redis?.kind;
    });
    expect(kinds).toEqual(['standalone', 'sentinel', 'cluster']);
  });

  it.each([
    ['demo.yaml', { SIMULATOR_URL: 'http://127.0.0.1:4010', SIMULATOR_PASSWORD: 'x' }],
    ['compose.yaml', GIVEN],
  ])('can start with %s', (name, environment) => {
    const { regions, providers } = parseConfig(read(name), environment, name);
    expect(regions.map(({ name: region }) => region)).toEqual([
      'eu-demo-1',
      'huawei-demo-1',
      'hetzner',
      'digitalocean',
      'gitlab',
      'github',
    ]);
    // Every provider can be asked by an id alone.
    for (const provider of PROVIDERS) {
      const serving = regions.filter((own) => hostLabel(provider, cloudOf(own)) !== null);
      const region = serving.length === 1 ? serving[0] : serving.find((own) => own.default);
      expect(region).toBeDefined();
      const { projectId = region?.projectId, instanceId } = providers.find(({ id }) => id === provider.id) ?? {};
      for (const member of provider.scope) expect({ projectId, instanceId }[member]).toEqual(expect.any(String));
    }
  });

  it('has a compose file whose services know each other', () => {
    expect(Object.keys(services).toSorted()).toEqual(['cloud-simulator', 'gateway', 'redis']);
    for (const host of ['cloud-simulator', 'redis']) expect(read('compose.yaml')).toContain(`//${host}:`);
  });

  it('has replicas that share a secret where they share a Redis', () => {
    const { access, cache } = parseConfig(read('compose.yaml'), GIVEN, 'compose.yaml');
    expect(cache.redis?.kind).toBe('standalone');
    expect(access.principalSecret).toEqual(expect.any(String));
  });
});
