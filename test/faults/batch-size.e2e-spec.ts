import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { eventually } from '../support/eventually.js';
import { send } from '../support/http-client.js';
import { contradictions } from '../support/openapi.js';
import { problemBody } from '../support/problems.js';
import { holdingBack, idOf, json, succeededTask } from './support/answers.js';
import { startGateway } from './support/gateway.js';
import type { Gateway } from './support/gateway.js';
import { startRawUpstream } from './support/raw-upstream.js';
import type { RawUpstream } from './support/raw-upstream.js';
import { THREE_ATTEMPTS, TOKEN } from './support/two-clouds.js';

interface Item {
  readonly kind: string;
  readonly status: number;
  readonly task?: object;
  readonly problem?: { readonly detail: string };
}

const MAX_BYTES = 2 ** 20;
/** Characters of an export, by the first word of its id. */
const SIZES: Readonly<Record<string, number>> = { small: 100, half: 480_000, most: 700_000, whole: 1_100_000 };

let upstream: RawUpstream;
let gateway: Gateway;
beforeEach(async () => {
  upstream = await startRawUpstream((exchange) => {
    const id = idOf(exchange.head);
    const content = '€😀'.padEnd(SIZES[id.split('-')[0] ?? ''] ?? 0, 'a few words, ');
    const task = { ...succeededTask(id), task_type: 'export_api', task_result: JSON.stringify({ content }) };
    json(200, task)(exchange);
  });
  gateway = await start(MAX_BYTES);
});
const start = (maxBatchBytes: number): Promise<Gateway> =>
  startGateway({
    config: {
      regions: [{ name: 'eu-test', endpoint: `${upstream.url}/{service}`, credentials: { mode: 'passthrough' } }],
      upstream: THREE_ATTEMPTS,
      limits: { maxBatchBytes },
    },
  });
afterEach(async () => {
  await gateway.close();
  await upstream.close();
});

const SCOPE = { projectId: 'project-1', instanceId: 'instance-1' };
const exported = (id: string): object => ({ provider: 'apig', id, ...SCOPE });
const HEADERS = { 'content-type': 'application/json', 'x-auth-token': TOKEN };
const PATH = '/tasks/batch-get';

async function batch(ids: readonly string[], more: object = {}): Promise<{ items: readonly Item[]; bytes: number }> {
  const body = JSON.stringify({ tasks: ids.map(exported), ...more });
  const reply = await send(gateway.port, { method: 'POST', path: PATH, headers: HEADERS, body });
  expect(reply.status).toBe(207);
  expect(contradictions('POST', PATH, reply)).toEqual([]);
  return { items: (reply.body as { items: readonly Item[] }).items, bytes: Buffer.byteLength(reply.text) };
}
const statuses = (items: readonly Item[]): readonly number[] => items.map(({ status }) => status);

describe('a batch that is larger than an answer may be', () => {
  it('60 times one export: as often as there is room, and else a problem that says what to do', async () => {
    const { items, bytes } = await batch(Array(60).fill('half'));
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    expect(statuses(items)).toEqual([200, 200, ...Array(58).fill(413)]);
    const { body: alone } = await gateway.get(`/tasks/apig/half?${new URLSearchParams(SCOPE)}`, { token: TOKEN });
    for (const { task } of items.slice(0, 2)) expect({ ...task, source: 'cache' }).toEqual(alone);
    const detail = expect.stringMatching(
      /^There is no room for the 480\d{3} bytes of this task: ask with "view": "basic", or for the task itself\.$/,
    ) as unknown as string;
    expect(items[59]?.problem).toEqual(problemBody(gateway.url, 'answer-too-large', { provider: 'apig', detail }));
    expect(upstream.requests).toHaveLength(1);
  });

  it('one task that is too large by itself: costs no other one its room, and can be had in view basic', async () => {
    const { items } = await batch(['whole', 'small-1', 'most', 'half', 'small-2']);
    expect(statuses(items)).toEqual([413, 200, 200, 413, 200]);
    const basic = await batch(['whole', 'small-1', 'most', 'half', 'small-2'], { view: 'basic' });
    expect(statuses(basic.items)).toEqual(Array(5).fill(200));
  });

  it('answers that come in another order: the first tasks of the request have the room', async () => {
    const answer = (id: string) => batch([id]);
    await answer('half-1');
    await answer('half-2');
    const { items } = await batch(['most', 'half-1', 'half-2']);
    expect(statuses(items)).toEqual([200, 413, 413]);
  });
});

describe('a caller who leaves', () => {
  const write = (ids: readonly string[]) => {
    const body = JSON.stringify({ tasks: ids.map(exported) });
    const head = Object.entries({ ...HEADERS, host: 'x', 'content-length': body.length });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write(
      `POST ${PATH} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
    );
    return socket.on('error', () => undefined);
  };
  const isLogged = (status: number): boolean =>
    gateway.logs.some((line) => line.includes(PATH) && line.includes(`"status":${status}`));

  it('while the upstream is asked: nothing more is asked, and what is asked is called off', async () => {
    const { behaviour, held } = holdingBack();
    upstream.behave(behaviour);
    const socket = write(Array.from({ length: 50 }, (_, at) => `small-${at}`));
    await eventually(() => held() === 16);
    socket.destroy();
    await eventually(() => upstream.open() === 0 && isLogged(499));
    expect(upstream.requests).toHaveLength(16);
  });

  it('in the middle of the answer: the rest is not written', async () => {
    await gateway.close();
    gateway = await start(64 * 2 ** 20);
    // More than the network takes from one who does not read.
    const socket = write(Array(100).fill('half'));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await eventually(() => isLogged(499));
  });
});
