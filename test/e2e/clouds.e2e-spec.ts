import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findProvider, PROVIDERS } from '@gateway/providers';
import type { Provider } from '@gateway/tasks';
import { parseConfig } from '../../apps/gateway/src/config/load-config.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { expectProblem } from '../support/problems.js';
import { PROJECT } from '../support/tasks.js';

const IMS = findProvider('ims') as Provider;
const ID = '4a3f6b2c9d8e4f01a7b5c3d2e1f00001';

/** Services, as no description here has them: one has other labels on other clouds, one is on one cloud. */
const EVERYWHERE: Provider = {
  ...IMS,
  id: 'everywhere',
  service: { 'open-telekom-cloud': 'one', 'huawei-cloud': 'two' },
  path: '/v3/{projectId}/jobs?id={id}',
};
const HUAWEI_ONLY: Provider = { ...IMS, id: 'huawei-only', service: { 'huawei-cloud': 'only' } };
const NOWHERE: Provider = { ...IMS, id: 'nowhere', service: {} };
const ADDED = [EVERYWHERE, HUAWEI_ONLY, NOWHERE];

const SCOPE = { projectId: 'p1' };
const asked: string[] = [];
const service = createServer(({ url = '' }, response) => {
  asked.push(url);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ job_id: ID, status: 'SUCCESS', job_type: 'imsImportImageJob', entities: {} }));
});

let gateway: Gateway;
beforeAll(async () => {
  (PROVIDERS as Provider[]).push(...ADDED);
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const credentials = { mode: 'aksk', accessKey: 'ACCESSKEY', secretKey: '${SECRET_KEY}' };
  const region = (name: string, cloud?: string) => ({ name, cloud, endpoint: `${url}/{service}`, credentials });
  gateway = await startGateway({
    config: {
      regions: [region('unsaid'), region('otc', 'open-telekom-cloud'), region('hw', 'huawei-cloud')],
      providers: [],
    },
    secrets: { SECRET_KEY: 'secret-key-of-the-test' },
  });
});
afterAll(async () => {
  (PROVIDERS as Provider[]).splice(-ADDED.length);
  await gateway.close();
  service.close();
});

const get = (provider: string, region: string) =>
  gateway.get(`/tasks/${provider}/${ID}?projectId=p1${region === '' ? '' : `&region=${region}`}`);

describe('a service on several clouds', () => {
  it.each([
    ['unsaid', 'one'],
    ['otc', 'one'],
    ['hw', 'two'],
  ])('in region %s: is asked under its label there', async (region, label) => {
    expect((await get('everywhere', region)).status).toBe(200);
    expect(asked.splice(0)).toEqual([`/${label}/v3/p1/jobs?id=${ID}`]);
  });
});

it('region left out: the default of all regions is meant, where the cloud of that one has the service', async () => {
  const credentials = { mode: 'aksk', accessKey: 'ACCESSKEY', secretKey: '${SECRET_KEY}' };
  const endpoint = `http://127.0.0.1:${(service.address() as AddressInfo).port}/{service}`;
  const regions = [
    { name: 'first', endpoint, credentials },
    { name: 'hw', cloud: 'huawei-cloud', default: true, endpoint, credentials },
  ];
  const secrets = { SECRET_KEY: 'secret-key-of-the-test' };
  const start = (providers: readonly object[]) => startGateway({ config: { regions, providers }, secrets });
  const plain = await start([]);
  const own = await start([{ id: 'everywhere', region: 'first' }]);
  try {
    for (const [which, label] of [
      [plain, 'two'],
      [own, 'one'],
    ] as const) {
      expect((await which.get(`/tasks/everywhere/${ID}?projectId=p1`)).status).toBe(200);
      expect(asked.splice(0)).toEqual([`/${label}/v3/p1/jobs?id=${ID}`]);
    }
  } finally {
    await Promise.all([plain.close(), own.close()]);
  }
});

describe('a label that two clouds give to two services', () => {
  let clouds: Gateway;
  beforeAll(async () => {
    const login = { mode: 'password', domain: 'demo', user: 'demo', password: '${SIMULATOR_PASSWORD}' };
    const region = (cloud: string) => ({
      name: cloud,
      cloud,
      projectId: PROJECT,
      iam: '${SIMULATOR_URL}/iam',
      endpoint: `\${SIMULATOR_URL}/${cloud}/{service}`,
      credentials: login,
    });
    clouds = await startGateway({ config: { regions: ['open-telekom-cloud', 'huawei-cloud'].map(region) } });
  });
  afterAll(() => clouds.close());

  it.each([
    ['taurusdb', 'open-telekom-cloud', 'gaussdb-mysql'],
    ['taurusdb', 'huawei-cloud', 'gaussdb'],
    ['gaussdb', 'open-telekom-cloud', 'gaussdb'],
    ['gaussdb', 'huawei-cloud', 'gaussdb-opengauss'],
  ])('%s on %s: is the service behind its own label there', async (provider, cloud, label) => {
    const { id } = clouds.simulator.control.createTask({ service: provider });
    clouds.simulator.control.clearRequests();
    const { status, body } = await clouds.get(`/tasks/${provider}/${id}?region=${cloud}`);
    expect([status, body]).toMatchObject([200, { id, status: 'succeeded', scope: { region: cloud } }]);
    const path = `/${cloud}/${label}/v3/${PROJECT}/jobs?id=${id}`;
    const calls = clouds.simulator.control.requests().filter(({ service: of }) => of !== 'iam');
    expect(calls).toMatchObject([{ service: provider, path }]);
  });
});

describe('a service that is on one cloud', () => {
  const fit = 'region is of a cloud without huawei-only: choose one of hw.';

  it('region left out: the one region of its cloud is meant', async () => {
    expect((await get('huawei-only', '')).status).toBe(200);
    expect(asked.splice(0)).toEqual([`/only/v1/p1/jobs/${ID}`]);
  });

  it('region of another cloud: refused before anything is sent, saying which fit', async () => {
    for (const region of ['otc', 'unsaid', 'otc'])
      expectProblem(gateway, await get('huawei-only', region), 'validation-failed', {
        provider: 'huawei-only',
        detail: fit,
        errors: [{ detail: fit, parameter: 'region' }],
      });
    expectProblem(
      gateway,
      await gateway.get(`/tasks/huawei-only/${ID}/artifact?projectId=p1&region=otc`),
      'validation-failed',
      { provider: 'huawei-only', detail: fit, errors: [{ detail: fit, parameter: 'region' }] },
    );
    expect(asked.splice(0)).toEqual([]);
  });

  it('region of another cloud in a batch: refused alone', async () => {
    const tasks = ['otc', 'hw'].map((region) => ({ provider: 'huawei-only', id: ID, region, ...SCOPE }));
    const { body } = await gateway.post('/tasks/batch-get', { tasks });
    expect(body).toMatchObject({
      items: [{ status: 400, problem: { code: 'VALIDATION_FAILED', errors: [{ detail: fit }] } }, { status: 200 }],
    });
    expect(asked.splice(0)).toEqual([]);
  });

  it('region that is not configured: a problem that says so', async () => {
    const detail = 'region is not one that this gateway serves: choose one of hw.';
    const errors = [{ detail, parameter: 'region' }];
    expectProblem(gateway, await get('huawei-only', 'moon'), 'validation-failed', {
      provider: 'huawei-only',
      detail,
      errors,
    });
  });
});

describe('a service on the cloud of no region', () => {
  it('task: refused, saying so', async () => {
    for (const [region, why] of [
      ['', 'region is required'],
      ['otc', 'region is of a cloud without nowhere'],
    ] as const) {
      const detail = `${why}: none here has it.`;
      const errors = [{ detail, parameter: 'region' }];
      expectProblem(gateway, await get('nowhere', region), 'validation-failed', {
        provider: 'nowhere',
        detail,
        errors,
      });
    }
  });

  it('catalogue: does not have it', async () => {
    expectProblem(gateway, await gateway.get('/providers/nowhere'), 'provider-not-found', {
      detail: 'No region of this gateway is of a cloud that has it.',
    });
  });
});

it('settings of a region whose cloud does not have the provider: end the start', () => {
  const provider = { id: 'huawei-only', region: 'otc', endpoints: [{ region: 'otc', url: 'https://a' }] };
  const region = { name: 'otc', endpoint: 'https://{service}', credentials: { mode: 'passthrough' } };
  const violation = 'region otc is of open-telekom-cloud, and huawei-only is on huawei-cloud';
  const parse = (cloud: string) =>
    parseConfig(JSON.stringify({ regions: [{ ...region, cloud }], providers: [provider] }), {}, 'test');
  expect(() => parse('open-telekom-cloud')).toThrow(
    [`providers[0].region: ${violation}`, `providers[0].endpoints[0].region: ${violation}`].join('\n  - '),
  );
  expect(() => parse('moon')).toThrow(/regions\[0\]\.cloud: cloud must be one of .*: open-telekom-cloud, huawei-cloud/);
  expect(parse('huawei-cloud').regions).toMatchObject([{ cloud: 'huawei-cloud' }]);
});

it('catalogue: says the clouds of a provider, and its regions there', async () => {
  const { body } = await gateway.get('/providers');
  const { providers } = body as {
    providers: readonly { id: string; clouds: unknown; regions: readonly { name: string }[] }[];
  };
  const described = new Map(
    providers.map(({ id, clouds, regions }) => [id, [clouds, regions.map(({ name }) => name)]]),
  );
  expect(described.get('everywhere')).toEqual([
    ['open-telekom-cloud', 'huawei-cloud'],
    ['unsaid', 'otc', 'hw'],
  ]);
  expect(described.get('huawei-only')).toEqual([['huawei-cloud'], ['hw']]);
  expect(described.has('nowhere')).toBe(false);
});

it('readiness: names a provider where its cloud is', async () => {
  const { body } = await gateway.get('/readyz');
  const { upstreams } = body as { upstreams: readonly { provider: string; region: string }[] };
  const places = (id: string) => upstreams.filter(({ provider }) => provider === id).map(({ region }) => region);
  expect([places('everywhere'), places('huawei-only'), places('nowhere')]).toEqual([
    ['unsaid', 'otc', 'hw'],
    ['hw'],
    [],
  ]);
});
