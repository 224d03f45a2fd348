import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { DEMO_PASSWORD } from '../../apps/cloud-simulator/src/accounts.js';
import { bytes, json, succeededTask, whole } from './support/answers.js';
import { expectNoLeak } from './support/expectations.js';
import { startGateway } from './support/gateway.js';
import type { Gateway } from './support/gateway.js';
import { PROJECT } from './support/simulated-clouds.js';
import { startRawUpstream } from './support/raw-upstream.js';
import type { Behaviour, Exchange, RawUpstream } from './support/raw-upstream.js';

// Short and without a telling name beside it: only who knows it can tell that it is a secret.
const OWN_TOKEN = 'gAAAAq-own-0123456789';
const SECRET_KEY = 'sk-of-the-gateway-01';
const ACCESS_KEY = 'ak-of-the-gateway-01';
const SECURITY_TOKEN = 'st/of+the=gateway';
const TASK = '4b1f2c3d';
const CODES = ['IMG.0026', 'APIGW.0301', 'Never.1234'];

let gateway: Gateway;
let upstream: RawUpstream;
let iam: Simulator;
let issued: string[];
beforeEach(async () => {
  iam = await startSimulator({ tokenLength: 50 });
  upstream = await startRawUpstream(json(200, {}));
  issued = [];
  const password = { mode: 'password', domain: 'demo', user: 'demo', password: '${PASSWORD}' };
  const keys = { secretKey: '${SECRET_KEY}', securityToken: '${SECURITY_TOKEN}' };
  const regions = [
    { name: 'own', endpoint: `${upstream.url}/{service}`, credentials: { mode: 'passthrough' } },
    { name: 'password', endpoint: `${upstream.url}/{service}`, iam: `${iam.url}/iam`, credentials: password },
    {
      name: 'key',
      endpoint: `${upstream.url}/{service}`,
      credentials: { mode: 'aksk', accessKey: ACCESS_KEY, ...keys },
    },
  ];
  const secrets = { PASSWORD: DEMO_PASSWORD, SECRET_KEY, SECURITY_TOKEN };
  gateway = await startGateway({ config: { regions, upstream: { retries: 0 } }, secrets });
});
afterEach(async () => {
  // Told by the requests themselves: the test would be worth nothing if the upstream had not seen them.
  expect(issued.length).toBeGreaterThan(0);
  expectNoLeak(gateway, OWN_TOKEN, SECRET_KEY, ACCESS_KEY, SECURITY_TOKEN, DEMO_PASSWORD, ...issued);
  await gateway.close();
  await Promise.all([upstream.close(), iam.close()]);
});

/** Values of the headers that prove who asks. */
function credentialsIn({ head }: Exchange): string[] {
  const values = [...head.matchAll(/^(?:x-auth-token|x-security-token): (.*)$/gim)].map((match) => match[1] ?? '');
  const signature = /Signature=(\w+)/.exec(head)?.[1];
  return signature === undefined ? values : [...values, signature];
}

async function askAll(echo: (exchange: Exchange, secret: string) => Behaviour) {
  upstream.behave((exchange) => {
    const credentials = credentialsIn(exchange);
    issued.push(...credentials);
    echo(exchange, credentials.join(' '))(exchange);
  });
  const path = (region: string) => `/tasks/ims/${TASK}?projectId=${PROJECT}&region=${region}`;
  const replies = [
    await gateway.get(path('own'), { token: OWN_TOKEN }),
    await gateway.get(path('password')),
    await gateway.get(path('key')),
  ];
  expect(upstream.requests).toHaveLength(3);
  return replies;
}

describe('an upstream that repeats what it was sent', () => {
  it.each(CODES)('in the text of error %s', async (code) => {
    const replies = await askAll(({ head }, secret) =>
      json(403, { error_code: code, error_msg: `Who is ${secret}? canonical request:\n${head}`, request_id: 'r-1' }),
    );
    for (const { body } of replies) expect(body['upstream']).toEqual({ status: 403, code, requestId: 'r-1' });
  });

  it.each(['utf8', 'escaped'])('in a page (%s)', async (kind) => {
    await askAll((_exchange, secret) =>
      bytes(whole(401, `<html>${kind === 'utf8' ? secret : JSON.stringify(secret)}</html>`, 'Content-Type: text/html')),
    );
  });

  it('in an error code', async () => {
    await askAll((_exchange, secret) => json(400, { error_code: secret.split(' ')[0], error_msg: 'no' }));
  });

  it('in its request id, with an error', async () => {
    const replies = await askAll((_exchange, secret) =>
      json(400, { error_code: 'IMG.0023', error_msg: 'no' }, `X-Request-Id: ${secret.split(' ')[0]}`),
    );
    for (const { body } of replies) expect(body['upstream']).toMatchObject({ code: 'IMG.0023' });
  });

  it('in its request id, with an answer that cannot be used', async () => {
    const replies = await askAll((_exchange, secret) =>
      bytes(whole(200, '[]', `X-Request-Id: ${secret.split(' ')[0]}`)),
    );
    for (const { body } of replies) expect(body['code']).toBe('UPSTREAM_BAD_RESPONSE');
  });

  it('in an unmapped status word, which is logged', async () => {
    const replies = await askAll((_exchange, secret) => json(200, { ...succeededTask(TASK), status: secret }));
    for (const { body } of replies) expect(body['status']).toBe('unknown');
  });

  it('in the reason of a failed task', async () => {
    const replies = await askAll((_exchange, secret) =>
      json(200, { job_id: TASK, status: 'FAIL', error_code: 'IMG.1', fail_reason: `refused ${secret}`, entities: {} }),
    );
    for (const { body } of replies) expect(body['status']).toBe('failed');
  });

  it('in a result, with its slashes escaped as JSON allows', async () => {
    const replies = await askAll((_exchange, secret) => {
      const body = JSON.stringify({ job_id: TASK, status: 'SUCCESS', job_type: 'future', entities: { note: secret } });
      return bytes(whole(200, body.replaceAll('/', '\\/')));
    });
    for (const { body } of replies) expect(body['status']).toBe('succeeded');
  });
});

describe('an upstream that reveals its inside', () => {
  const INSIDE = [
    '10.1.2.3',
    '127.0.0.1:8080',
    '192.168.7.9',
    '172.20.1.1',
    '100.64.0.9',
    '169.254.169.254',
    'iam.internal',
    'db-7.svc',
    'localhost:5432',
    'vault.local',
    'backend.example.com',
  ];

  it('in an error: not quoted', async () => {
    const [reply] = await askAll(() =>
      json(500, {
        error_code: 'IMG.0018',
        error_msg: `connect ${INSIDE.slice(0, -1).join(' ')} http://backend.example.com/v1?password=Hunter2 failed`,
      }),
    );
    expect(reply?.body['detail']).toMatch(/^The image service failed to handle the job\. connect /);
    expectNoLeak(gateway, ...INSIDE, 'Hunter2');
  });

  it('in the reason of a failed task: not quoted', async () => {
    const fail_reason = `connect ${INSIDE.slice(0, -1).join(' ')} http://backend.example.com/v1?password=Hunter2 failed`;
    const [reply] = await askAll(() => json(200, { job_id: TASK, status: 'FAIL', fail_reason, entities: {} }));
    expect(reply?.body['error']).toMatchObject({ detail: expect.stringMatching(/^connect /) });
    expectNoLeak(gateway, ...INSIDE, 'Hunter2');
  });
});
