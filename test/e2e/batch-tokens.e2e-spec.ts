import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';

/** What each stand-in for a cloud was shown. */
const shown: string[] = [];
const servers: Server[] = [];
const TOKEN = 'tokenThatIsOfOneCloudOnly0123456789';
const KEY = 'key-of-a-caller-who-may-ask-about-some-regions';
const GITLAB = { provider: 'gitlab-pipeline', id: '7', projectId: 'acme/first' };
const ACTION = { provider: 'hetzner', id: '7' };

async function startCloud(name: string): Promise<string> {
  const server = createServer(({ headers }, response) => {
    shown.push(`${name} ${headers.authorization ?? 'nothing'}`);
    response.writeHead(404, { 'content-type': 'application/json' });
    response.end('{"message":"404 Not found"}');
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let open: Gateway;
let keyed: Gateway;
beforeAll(async () => {
  const credentials = { mode: 'passthrough' };
  const [first, second, hetzner] = await Promise.all(['first', 'second', 'hetzner'].map(startCloud));
  const regions = [
    { name: 'first', cloud: 'gitlab', endpoint: first, credentials },
    { name: 'first-again', cloud: 'gitlab', endpoint: `${first}/mirror`, credentials },
    { name: 'second', cloud: 'gitlab', endpoint: second, credentials },
    { name: 'hetzner', cloud: 'hetzner', endpoint: hetzner, credentials },
    {
      name: 'ours',
      cloud: 'gitlab',
      endpoint: second,
      credentials: { mode: 'token', token: '${OURS}' },
    },
  ];
  const secrets = { OURS: 'ours' };
  const sha256 = createHash('sha256').update(KEY).digest('hex');
  const key = { id: 'some', sha256, regions: ['first'], projects: 'any', instances: 'any', providers: 'any' };
  const upstream = { retries: 0 };
  open = await startGateway({ config: { regions, providers: [], upstream }, secrets });
  const access = { mode: 'apiKey', apiKeys: [key] };
  keyed = await startGateway({ config: { regions, providers: [], upstream, access }, secrets });
});
afterEach(() => void shown.splice(0));
afterAll(async () => {
  for (const server of servers) server.close();
  await Promise.all([open.close(), keyed.close()]);
});

const ask = (tasks: unknown, gateway = open, headers: Readonly<Record<string, string>> = {}) =>
  gateway.post('/tasks/batch-get', { tasks }, { 'x-auth-token': TOKEN, ...headers });

describe("a batch with the caller's own token", () => {
  it.each([
    [
      'two hosts of one maker',
      [
        { ...GITLAB, region: 'first' },
        { ...GITLAB, region: 'second' },
      ],
      'gitlab (first) and gitlab (second)',
    ],
    [
      'two makers, one by its only region',
      [{ ...GITLAB, region: 'second' }, ACTION],
      'gitlab (second) and hetzner (hetzner)',
    ],
  ])('%s: refused, and shown to none', async (_name, tasks, places) => {
    const reply = await ask(tasks);
    const detail = `The token is of one cloud, and these tasks are on ${places}: ask for those of each in a batch of its own.`;
    expect([reply.status, reply.body]).toMatchObject([400, { errors: [{ detail, header: 'X-Auth-Token' }] }]);
    expect(shown).toEqual([]);
  });

  it('two regions at one host: shown to that host', async () => {
    const reply = await ask(['first', 'first-again'].map((region) => ({ ...GITLAB, region })));
    expect(reply.status).toBe(207);
    expect(shown).toEqual(Array(2).fill(`first Bearer ${TOKEN}`));
  });

  it("a region that is asked with the gateway's token: not shown there, so that it counts as none", async () => {
    const reply = await ask(['first', 'ours'].map((region) => ({ ...GITLAB, id: '8', region })));
    expect(reply.status).toBe(207);
    expect(shown.toSorted()).toEqual([`first Bearer ${TOKEN}`, 'second Bearer ours']);
  });

  it('tasks that are refused anyway: each stands alone, and counts as none', async () => {
    const wrong = [
      { ...ACTION, id: 'no number' },
      { ...ACTION, region: 'moon' },
      { ...ACTION, region: 'second' },
      { provider: 'nobody', id: '7' },
      { ...GITLAB, region: 'second', projectId: 'none' },
      { provider: 'gitlab-pipeline', id: '7', region: 'second' },
    ];
    const { body } = await ask([{ ...GITLAB, id: '9', region: 'first' }, ...wrong]);
    const { items } = body as { readonly items: readonly { readonly status: number }[] };
    expect(items.map(({ status }) => status)).toEqual([404, 400, 400, 400, 404, 400, 400]);
    expect(shown).toEqual([`first Bearer ${TOKEN}`]);
  });

  it('regions that the key of the caller does not allow: refused alone', async () => {
    const tasks = [{ ...GITLAB, region: 'first' }, { ...GITLAB, region: 'second' }, ACTION];
    const { body } = await ask(tasks, keyed, { 'x-api-key': KEY });
    expect(body).toMatchObject({ items: [{ status: 404 }, { status: 403 }, { status: 403 }] });
    expect(shown).toEqual([`first Bearer ${TOKEN}`]);
  });

  it.each([
    ['no tasks', undefined],
    ['a number', 5],
    ['null', null],
    ['an object', { provider: 'hetzner' }],
    ['a list of null', [null]],
    ['a list of lists', [[ACTION]]],
    ['names that are numbers', [{ provider: 5, id: 5, region: 5 }]],
    ['a region that is null', [{ ...ACTION, region: null }]],
    ['more than may be asked at once', Array.from({ length: 101 }, () => ACTION)],
  ])('%s: refused as it is without a token', async (_name, tasks) => {
    const reply = await ask(tasks);
    const { body, status } = await open.post('/tasks/batch-get', { tasks });
    expect([status, reply.status]).toEqual([400, 400]);
    expect(reply.body).toMatchObject({ errors: (body as { readonly errors: unknown }).errors });
    expect(shown).toEqual([]);
  });
});
