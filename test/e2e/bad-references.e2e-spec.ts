import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { expectProblem, noProvider } from '../support/problems.js';
import { PROJECT, REGION, regionsOf } from '../support/tasks.js';

const ID = 'd9ce8c9eede54b3f841ec324fe0bfdc2';
const PATTERN = '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$';
const BAD_ID = [{ detail: `id must match ${PATTERN}`, parameter: 'id' }];

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
afterEach(() => {
  // Not even a login.
  expect(gateway.simulator.control.requests()).toEqual([]);
});

describe('an id that could leave its path', () => {
  const refused = [
    ['..', '..'],
    ['.', '.'],
    ['%2e%2e', '%2e%2e'],
    ['%2E%2E', '%2E%2E'],
    ['..%2f..', '..%2f..'],
    ['a%2fb', 'a%2Fb'],
    ['a%5cb', 'a%5Cb'],
    ['%2f%2fevil.example.com', '%2f%2fevil.example.com'],
    ['https%3a%2f%2fevil.example.com', 'https%3A%2F%2Fevil.example.com'],
    ['a%3fx=1', 'a%3Fx=1'],
    ['a%23b', 'a%23b'],
    ['a;b', 'a;b'],
    ['a@evil', 'a@evil'],
    ['NUL', '%00'],
    ['an id and NUL', `${ID}%00`],
    ['CR LF', 'a%0d%0aX-Injected:%20yes'],
    ['LF at the end', `${ID}%0a`],
    ['a blank', 'a%20b'],
    ['a plus', 'a+b'],
    ['an emoji', '%F0%9F%98%80'],
    ['a letter that is not ASCII', '%C3%A4'],
    ['an escaped percent sign', '%252e%252e'],
    ['__proto__', '__proto__'],
    ['a minus first', '-rf'],
    ['65 characters', 'a'.repeat(65)],
    ['8,000 characters', 'a'.repeat(8_000)],
  ] as const;

  it.each(refused)('%s', async (_, id) => {
    for (const suffix of ['', '/artifact']) {
      const reply = await gateway.get(`/tasks/apig/${id}${suffix}`);
      expectProblem(gateway, reply, 'validation-failed', {
        provider: 'apig',
        detail: BAD_ID[0]?.detail ?? '',
        errors: BAD_ID,
      });
    }
  });

  it('of 10 kB: a violation', async () => {
    const reply = await gateway.get(`/tasks/apig/${'a'.repeat(10_240)}`);
    expectProblem(gateway, reply, 'uri-too-long', { detail: 'The URL is longer than 8192 bytes.' });
  });

  it.each(['/tasks/apig/a/b', '/tasks/apig//evil', '/tasks/apig/../ims', '//evil'])(
    '%s: another path, 404',
    async (path) => {
      const reply = await gateway.get(path);
      expectProblem(gateway, reply, 'route-not-found', { detail: 'Nothing is served at this path.' });
    },
  );

  it.each(['/tasks/apig/', '/tasks/apig//artifact'])('%s: an empty id, 400', async (path) => {
    const errors = BAD_ID;
    expectProblem(gateway, await gateway.get(path), 'validation-failed', { provider: 'apig', errors });
    const { status, text } = await gateway.head(path);
    expect([status, text]).toEqual([400, '']);
    const withMore = await gateway.get(`${path}?x=1`, { 'x-auth-token': 'two, tokens' });
    expectProblem(gateway, withMore, 'validation-failed', {
      provider: 'apig',
      detail: '3 violations, see errors',
      errors: expect.arrayContaining(errors) as never,
    });
    const deleted = await gateway.ask({ method: 'DELETE', path });
    expectProblem(gateway, deleted, 'method-not-allowed', { detail: 'Only GET, HEAD can be used here.' });
  });

  it.each(['/tasks/nowhere/', '/tasks/nowhere//artifact'])('%s: no provider either, 404', async (path) => {
    const detail = await noProvider(gateway);
    expectProblem(gateway, await gateway.get(path), 'provider-not-found', { detail });
  });

  it('question mark in it: begins a query', async () => {
    const reply = await gateway.get('/tasks/apig/a?x=1');
    const errors = [{ detail: 'Only region, projectId, instanceId, view are read.', parameter: 'x' }];
    expectProblem(gateway, reply, 'validation-failed', { provider: 'apig', errors });
  });
});

describe('an unknown provider', () => {
  it.each(['constructor', '__proto__', 'toString', '..', 'x'.repeat(5_000), '%F0%9F%98%80'])(
    '%s: told which there are',
    async (provider) => {
      const detail = await noProvider(gateway);
      for (const path of [`/tasks/${provider}/${ID}`, `/tasks/${provider}/${ID}/artifact`, `/providers/${provider}`])
        expectProblem(gateway, await gateway.get(path), 'provider-not-found', { detail });
    },
  );

  it.each([
    ['APIG', ['apig']],
    ['apig%00', ['apig']],
    ['esc', ['ecs']],
    ['tauros-db', ['taurusdb']],
    ['ims2', ['ims']],
    ['ess', ['evs', 'ecs']],
  ])('%s: told the nearest, too', async (provider, nearest) => {
    const detail = await noProvider(gateway, ...nearest);
    for (const path of [`/tasks/${provider}/${ID}`, `/tasks/${provider}/${ID}/artifact`, `/providers/${provider}`])
      expectProblem(gateway, await gateway.get(path), 'provider-not-found', { detail });
  });

  it('with other faults: reported first', async () => {
    const reply = await gateway.get('/tasks/nowhere/..?view=sideways&x=1', { 'x-auth-token': 'two, tokens' });
    expectProblem(gateway, reply, 'provider-not-found', { detail: await noProvider(gateway) });
  });
});

describe('a query', () => {
  const known = 'Only region, projectId, instanceId, view are read.';
  const scopeText = (member: string): string => `${member} must match ${PATTERN}`;
  const regionText = `region is not one that this gateway serves: choose one of ${regionsOf('apig').join(', ')}.`;

  it.each([
    ['an unknown parameter', 'verbose=1', [{ detail: known, parameter: 'verbose' }]],
    ['a known one in another case', 'projectid=x', [{ detail: known, parameter: 'projectid' }]],
    ['__proto__', '__proto__=x', [{ detail: known, parameter: '__proto__' }]],
    ['a long one', `${'p'.repeat(100)}=1`, [{ detail: known, parameter: 'p'.repeat(64) }]],
    ['a nested one', 'projectId[x]=1', [{ detail: known, parameter: 'projectId[x]' }]],
    ['an unknown one twice', 'x=1&x=2', [{ detail: known, parameter: 'x' }]],
    [
      'the same one twice',
      'projectId=a&projectId=b',
      [{ detail: 'projectId is given more than once.', parameter: 'projectId' }],
    ],
    [
      'the same one twice with the same value',
      `region=${REGION}&region=${REGION}`,
      [{ detail: 'region is given more than once.', parameter: 'region' }],
    ],
    [
      'a view that does not exist',
      'view=everything',
      [{ detail: 'view must be one of full, basic.', parameter: 'view' }],
    ],
    ['an empty view', 'view=', [{ detail: 'view must be one of full, basic.', parameter: 'view' }]],
    ['an empty project', 'projectId=', [{ detail: scopeText('projectId'), parameter: 'projectId' }]],
    ['a project without a value', 'projectId', [{ detail: scopeText('projectId'), parameter: 'projectId' }]],
    [
      'a project that leaves its path',
      'projectId=..%2F..',
      [{ detail: scopeText('projectId'), parameter: 'projectId' }],
    ],
    [
      'an instance that leaves its path',
      'instanceId=a/b',
      [{ detail: scopeText('instanceId'), parameter: 'instanceId' }],
    ],
    ['an empty region', 'region=', [{ detail: regionText, parameter: 'region' }]],
    ['a region that is a host', 'region=evil.example.com', [{ detail: regionText, parameter: 'region' }]],
    ['a region from the prototype', 'region=constructor', [{ detail: regionText, parameter: 'region' }]],
  ] as const)('with %s', async (_, query, errors) => {
    const reply = await gateway.get(`/tasks/apig/${ID}?${query}`);
    expectProblem(gateway, reply, 'validation-failed', { provider: 'apig', errors });
  });

  it('with several faults: all are reported at once', async () => {
    const query = 'region=moon&projectId=..&instanceId=&view=x&view=y&debug=1';
    const reply = await gateway.get(`/tasks/apig/-?${query}`, { 'x-auth-token': ['one', 'two'] });
    expectProblem(gateway, reply, 'validation-failed', {
      provider: 'apig',
      detail: '7 violations, see errors',
      errors: [
        { detail: 'view is given more than once.', parameter: 'view' },
        { detail: known, parameter: 'debug' },
        {
          detail: 'X-Auth-Token must be one token of visible ASCII characters, without quotes, commas and backslashes.',
          header: 'X-Auth-Token',
        },
        ...BAD_ID,
        { detail: regionText, parameter: 'region' },
        { detail: scopeText('projectId'), parameter: 'projectId' },
        { detail: scopeText('instanceId'), parameter: 'instanceId' },
      ],
    });
  });
});

describe('a scope that nobody fills in', () => {
  let bare: Gateway;
  beforeAll(async () => {
    const region = {
      iam: '${SIMULATOR_URL}/iam',
      endpoint: '${SIMULATOR_URL}/{service}',
      credentials: { mode: 'password', domain: 'demo', user: 'demo', password: '${SIMULATOR_PASSWORD}' },
    };
    const regions = [
      { name: REGION, ...region },
      { name: 'eu-demo-2', ...region },
    ];
    const providers = [{ id: 'ims', region: REGION, projectId: PROJECT }];
    bare = await startGateway({ simulator: gateway.simulator, config: { regions, providers } });
  });
  afterAll(() => bare.close());

  it('several members: a violation for each', async () => {
    const text = (member: string): string => `${member} is required: apig has no default for it in this region.`;
    expectProblem(bare, await bare.get(`/tasks/apig/${ID}`), 'validation-failed', {
      provider: 'apig',
      errors: [
        { detail: `region is required: choose one of ${REGION}, eu-demo-2.`, parameter: 'region' },
        { detail: text('projectId'), parameter: 'projectId' },
        { detail: text('instanceId'), parameter: 'instanceId' },
      ],
    });
  });

  it('default of another region: not used', async () => {
    expectProblem(bare, await bare.get(`/tasks/ims/${ID}?region=eu-demo-2`), 'validation-failed', {
      provider: 'ims',
      errors: [{ detail: 'projectId is required: ims has no default for it in this region.', parameter: 'projectId' }],
    });
  });
});
