import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ENCODINGS, pickFrom, spells } from '../../libs/tasks/src/testing/encodings.js';
import { needing } from '../support/needing.js';
import { redisAdmin } from '../support/redis-admin.js';
import { startRedis } from '../support/redis-server.js';
import type { RedisServer } from '../support/redis-server.js';
import { json } from './support/answers.js';
import { startGateway } from './support/gateway.js';
import type { Gateway } from './support/gateway.js';
import { startRawUpstream } from './support/raw-upstream.js';
import type { Behaviour, RawUpstream } from './support/raw-upstream.js';

const SECRETS = {
  OWN_TOKEN: 'gAAAAq-own_0123456789/abcdefghijklmnopqrstuvwxyz+ABCDEFGHIJ==',
  ISSUED_TOKEN: 'MIIq7hWn2bZ9xLk4Vt0pRs8Yd3Gf6Jm1Qc5Ea/Uo+Iv=Tz',
  PASSWORD: 'Gr8!pass',
  SECRET_KEY: 'kQz81LmX0pVtY7cRb2NdWs9HgJ5fUa3E',
  ACCESS_KEY: 'ZX81QWERTY0123456789',
  SECURITY_TOKEN: 'st/of+the=gateway_ABCDEFGH',
};

interface Echo {
  readonly provider: 'apig' | 'dms' | 'ims';
  readonly status?: number;
  /** What the upstream answers about a task when it echoes a text. */
  readonly body: (id: string, text: string) => object;
}
const job = (id: string, more: object): object => ({ job_id: id, status: 'SUCCESS', job_type: 'future', ...more });
const apigTask = (id: string, type: string, result: object): object => ({
  task_id: id,
  task_status: 'succeed',
  task_type: type,
  task_result: JSON.stringify(result),
});
/** Every place of an answer that goes on to callers, logs or Redis. */
const ECHOES: Readonly<Record<string, Echo>> = {
  'value of an untyped result': { provider: 'ims', body: (id, text) => job(id, { entities: { note: [text] } }) },
  'name of a member': { provider: 'ims', body: (id, text) => job(id, { entities: { [text]: 1 } }) },
  'JSON in a value': {
    provider: 'ims',
    body: (id, text) => job(id, { entities: { note: JSON.stringify({ deep: JSON.stringify({ text }) }) } }),
  },
  'reason of a failed task': {
    provider: 'ims',
    body: (id, text) => ({
      job_id: id,
      status: 'FAIL',
      error_code: 'IMG.1',
      fail_reason: `why: ${text}`,
      entities: {},
    }),
  },
  'code of a failed task': {
    provider: 'ims',
    body: (id, text) => ({ job_id: id, status: 'FAIL', error_code: text, fail_reason: 'so', entities: {} }),
  },
  'status word': { provider: 'ims', body: (id, text) => job(id, { status: text }) },
  'task type': { provider: 'ims', body: (id, text) => job(id, { job_type: text, entities: {} }) },
  'name of an image': {
    provider: 'ims',
    body: (id, text) =>
      job(id, { job_type: 'createImageByInstanceJob', entities: { image_id: 'i', image_name: text } }),
  },
  parameters: {
    provider: 'dms',
    body: (id, text) => ({ tasks: [{ id, name: 'x', status: 'SUCCESS', params: JSON.stringify({ a: { b: text } }) }] }),
  },
  'parameters that are no JSON': {
    provider: 'dms',
    body: (id, text) => ({ tasks: [{ id, name: 'x', status: 'SUCCESS', params: `failed: ${text}` }] }),
  },
  'exported document': {
    provider: 'apig',
    body: (id, text) =>
      apigTask(id, 'export_api', {
        FileName: text,
        FileType: 'json',
        Comment: JSON.stringify({ info: { title: text } }),
      }),
  },
  'imported interface': {
    provider: 'apig',
    body: (id, text) =>
      apigTask(id, 'import_api', { success: [{ id: 'a', path: text }], failure: [{ path: '/b', error_msg: text }] }),
  },
  'text of an error': {
    provider: 'ims',
    status: 403,
    body: (_, text) => ({ error_code: 'IMG.0026', error_msg: text }),
  },
  'code of an error': { provider: 'ims', status: 400, body: (_, text) => ({ error_code: text, error_msg: 'no' }) },
  'text of an error in another form': {
    provider: 'dms',
    status: 500,
    body: (_, text) => ({ error: { code: 'DMS.00500000', message: `{"x":${JSON.stringify(text)}}` } }),
  },
};

needing('redis-server').describe('an upstream that echoes credentials in any encoding', () => {
  let redis: RedisServer;
  let upstream: RawUpstream;
  let iam: RawUpstream;
  let gateway: Gateway;
  let tasks = 0;

  beforeAll(async () => {
    [redis, upstream, iam] = await Promise.all([
      startRedis(),
      startRawUpstream(json(500, {})),
      startRawUpstream(issue),
    ]);
    const account = { mode: 'password', domain: 'demo', user: 'demo', password: '${PASSWORD}' };
    const keys = { accessKey: '${ACCESS_KEY}', secretKey: '${SECRET_KEY}', securityToken: '${SECURITY_TOKEN}' };
    const regions = [
      { name: 'own', endpoint: `${upstream.url}/{service}`, credentials: { mode: 'passthrough' } },
      { name: 'password', endpoint: `${upstream.url}/{service}`, iam: iam.url, credentials: account },
      { name: 'key', endpoint: `${upstream.url}/{service}`, credentials: { mode: 'aksk', ...keys } },
    ];
    const limits = { retries: 0, breakerMinimumRequests: 1_000_000 };
    gateway = await startGateway({
      config: { regions, upstream: limits, cache: { redis: { kind: 'standalone', url: redis.url } } },
      secrets: SECRETS,
    });
  });
  afterAll(async () => {
    await gateway.close();
    await Promise.all([upstream.close(), iam.close(), redis.stop()]);
  });

  const issue: Behaviour = json(201, { token: {} }, `X-Subject-Token: ${SECRETS.ISSUED_TOKEN}`, 'Connection: close');

  const cases = fc.record({
    secret: fc.constantFrom(...Object.values(SECRETS)),
    chain: fc.array(fc.constantFrom(...Object.keys(ENCODINGS)), { minLength: 1, maxLength: 2 }),
    seed: fc.nat(),
  });
  const regionOf = (secret: string): string =>
    secret === SECRETS.OWN_TOKEN
      ? 'own'
      : [SECRETS.ISSUED_TOKEN, SECRETS.PASSWORD].includes(secret)
        ? 'password'
        : 'key';

  /** All of a short secret, at least 16 characters of a long one, encoded. */
  function encode({ secret, chain, seed }: { secret: string; chain: readonly string[]; seed: number }): string {
    const pick = pickFrom(seed);
    const from = pick(Math.max(1, secret.length - 15));
    const part = secret.length < 16 || pick(3) === 0 ? secret : secret.slice(from, from + 16 + pick(secret.length));
    return chain.reduce((text, name) => ENCODINGS[name]?.(text, pick) ?? text, part);
  }

  async function ask(region: string, provider: string, projectId: string): Promise<void> {
    tasks += 1;
    const before = gateway.output().length;
    const scope = new URLSearchParams({ region, projectId, ...(provider === 'ims' ? {} : { instanceId: 'i-1' }) });
    const path = `/tasks/${provider}/task-${tasks}`;
    const token = region === 'own' ? { token: SECRETS.OWN_TOKEN } : {};
    await gateway.get(`${path}?${scope.toString()}`, token);
    if (provider === 'apig') await gateway.get(`${path}/artifact?${scope.toString()}`, token);
    const since = gateway.output().slice(before);
    expect(Object.values(SECRETS).filter((secret) => spells(since, secret, 4))).toEqual([]);
  }

  it.each(Object.keys(ECHOES))('as its %s: says nothing of them to callers and logs', async (place) => {
    const { provider, status = 200, body } = ECHOES[place] as Echo;
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const text = encode(one);
        const id = `task-${tasks + 1}`;
        upstream.behave(json(status, body(id, text), `X-Request-Id: ${text.replace(/\s+/g, '')}`));
        await ask(regionOf(one.secret), provider, 'p-1');
        expect(upstream.requests.length).toBeGreaterThan(0);
      }),
      { numRuns: 25 },
    );
  });

  it('in a refused login: says nothing of them to callers and logs', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ chain, seed }) => {
        const text = encode({ secret: SECRETS.PASSWORD, chain, seed });
        const errorBody = { error: { code: 401, title: text, message: text }, error_code: text, error_msg: text };
        iam.behave(json(401, errorBody, 'Connection: close'));
        await ask('password', 'ims', `p-${seed}-${tasks}`);
        expect(iam.requests).toHaveLength(1);
      }),
      { numRuns: 25 },
    );
  });

  // Last, as it looks at what all the others left behind.
  it('in any of these places: puts none of them into Redis', async () => {
    const admin = redisAdmin(redis.url);
    const names = await admin.keys('*');
    const values = await Promise.all(names.map((name) => admin.get(name).catch(() => null)));
    admin.disconnect();
    expect(names.length).toBeGreaterThan(100);
    const texts = values.map((value, at) => `${names[at] ?? ''} ${value ?? ''}`);
    const leaks = texts.filter((text) => Object.values(SECRETS).some((secret) => spells(text, secret, 4)));
    expect(leaks).toEqual([]);
  });
});
