import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { GatewayProblem } from './gateway-problem.js';
import { TaskClient } from './task-client.js';

const NAME = { provider: 'ims', id: 'a b', region: 'eu' };
const running = { status: 200, body: { done: false, pollAfterSeconds: 7 } };
const done = { status: 200, body: { done: true, outcome: 'failure', pollAfterSeconds: null } };
const problem = (status: number, members: object) => ({
  status,
  type: 'application/problem+json',
  body: { title: 'T', detail: 'D', status, retryable: true, retryAfterSeconds: null, ...members },
});

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: unknown;
}

let server: Server | undefined;
afterEach(() => new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve))));

/** A gateway that gives these answers in turn, and a client of it that waits for nothing. */
async function talk(...answers: readonly Answer[]) {
  const requests: { method: string | undefined; url: string | undefined; token: unknown; body: string }[] = [];
  const pauses: number[] = [];
  const waiting = [...answers];
  const listener = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    requests.push({ method: request.method, url: request.url, token: request.headers['x-auth-token'], body });
    const { status, type = 'application/json', body: answer } = waiting.shift() ?? { status: 500, body: '' };
    reply.writeHead(status, { 'content-type': type, connection: 'close' });
    reply.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  };
  server = createServer((request, reply) => void listener(request, reply));
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const client = new TaskClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: { 'x-auth-token': 't' },
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      pauses.push(ms / 1000);
    },
  });
  return { client, requests, pauses };
}

describe('TaskClient', () => {
  it('names the task in the URL, with its scope and the headers given once', async () => {
    const { client, requests } = await talk(done);
    expect(await client.getTask({ ...NAME, view: 'basic' })).toEqual(done.body);
    expect(requests).toEqual([{ method: 'GET', url: '/tasks/ims/a%20b?region=eu&view=basic', token: 't', body: '' }]);
  });

  it('waits at the pace of the gateway, through failures that pass, and returns a task that failed', async () => {
    const { client, pauses } = await talk(
      running,
      problem(503, { retryAfterSeconds: 3 }),
      problem(502, {}),
      running,
      problem(504, {}),
      done,
    );
    expect(await client.waitForTask(NAME)).toEqual(done.body);
    expect(pauses).toEqual([7, 3, 4, 7, 2]);
  });

  it('gives up on what does not pass, and on what goes on for too long', async () => {
    const missing = await talk(problem(404, { retryable: false, code: 'TASK_NOT_FOUND' }));
    await expect(missing.client.waitForTask(NAME)).rejects.toMatchObject({ problem: { code: 'TASK_NOT_FOUND' } });
    expect(missing.pauses).toEqual([]);
    server?.close();
    const broken = await talk(problem(502, {}), problem(502, {}), problem(502, {}));
    await expect(broken.client.waitForTask(NAME, { patience: 2 })).rejects.toBeInstanceOf(GatewayProblem);
    expect(broken.requests).toHaveLength(3);
  });

  it('stops waiting when told to', async () => {
    const { client } = await talk(running, running);
    const reason = new Error('enough');
    const controller = new AbortController();
    const waiting = client.waitForTask(NAME, { signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('words an answer that did not come from the gateway by its status', async () => {
    const { client } = await talk({ status: 502, type: 'text/html', body: '<html>secret</html>' });
    await expect(client.getTask(NAME)).rejects.toMatchObject({
      problem: { status: 502, code: 'UNKNOWN', retryable: true },
    });
  });

  it('asks about many at once, and for files', async () => {
    const { client, requests } = await talk({ status: 207, body: { items: [] } }, { status: 200, body: { file: 1 } });
    expect(await client.batchGet({ tasks: [{ provider: 'ims', id: 'a' }] })).toEqual({ items: [] });
    expect(await (await client.getArtifact({ ...NAME, view: 'basic' })).json()).toEqual({ file: 1 });
    expect(requests.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/tasks/batch-get', '{"tasks":[{"provider":"ims","id":"a"}]}'],
      ['GET', '/tasks/ims/a%20b/artifact?region=eu', ''],
    ]);
  });
});
