import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ConnectionError, ProblemError, TaskClient, UnexpectedReplyError, WaitTimeoutError } from './index.js';
import type { TaskClientOptions, TaskReference } from './index.js';

const REF: TaskReference = { provider: 'ims', id: 'a b', region: 'eu' };
const task = { id: 'a b', provider: 'ims' };
const running = { status: 200, body: { ...task, status: 'running', done: false, version: 'v1', pollAfterSeconds: 7 } };
const done = { status: 200, body: { ...task, status: 'failed', done: true, version: 'v2', pollAfterSeconds: null } };
const problem = (status: number, members: object, headers: Readonly<Record<string, string>> = {}) => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: {
    title: 'T',
    detail: 'D',
    code: 'UPSTREAM_ERROR',
    status,
    retryable: true,
    retryAfterSeconds: null,
    ...members,
  },
});
/** Not an answer: what becomes of the connection instead. */
type ConnectionLoss = 'reset' | 'half' | 'silence';

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const servers: Server[] = [];
afterEach(() => {
  jest.restoreAllMocks();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A gateway that gives these answers in turn, and a client of it that waits for nothing. */
async function talk(answers: readonly (Answer | ConnectionLoss)[], options: Partial<TaskClientOptions> = {}) {
  const requests: Asked[] = [];
  const pauses: number[] = [];
  const waiting = [...answers];
  const listener = async (request: IncomingMessage, reply: ServerResponse): Promise<void> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    requests.push({ method: request.method, url: request.url, headers: request.headers, body: text });
    const answer = waiting.shift() ?? { status: 500, body: '' };
    if (answer === 'silence') return;
    if (answer === 'reset') return void request.socket.resetAndDestroy();
    if (answer === 'half') {
      reply.writeHead(200, { 'content-length': 1000 }).write('{"done":', () => request.socket.destroy());
      return;
    }
    const { status, headers = {}, body } = answer;
    reply.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers });
    reply.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  };
  const server = createServer((request, reply) => void listener(request, reply));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = new TaskClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: { 'x-auth-token': 't' },
    random: () => 0.5,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      pauses.push(ms / 1000);
    },
    ...options,
  });
  return { client, requests, pauses };
}

describe('a request', () => {
  it('getTask: names the task and its scope in the URL, and sends the configured headers', async () => {
    const { client, requests } = await talk([done]);
    expect(await client.getTask(REF, { view: 'basic', cacheControl: 'no-cache' })).toEqual(done.body);
    expect(requests).toMatchObject([
      {
        method: 'GET',
        url: '/tasks/ims/a%20b?region=eu&view=basic',
        headers: { 'x-auth-token': 't', 'cache-control': 'no-cache' },
        body: '',
      },
    ]);
  });

  it('headers as a function: asked before each request', async () => {
    let asked = 0;
    const headers = async () => ({ authorization: `Bearer ${(asked += 1)}` });
    const { client, requests } = await talk([done, done], { headers });
    await client.getTask(REF);
    await client.getTask(REF);
    expect(requests.map(({ headers: sent }) => sent.authorization)).toEqual(['Bearer 1', 'Bearer 2']);
  });

  it('batchGetTasks and getTaskArtifact: send one request each, and read its reply', async () => {
    const { client, requests } = await talk([
      { status: 207, body: { items: [] } },
      {
        status: 200,
        headers: { 'content-type': 'application/yaml', 'content-disposition': 'attachment; filename="api.yaml"' },
        body: 'a: 1\n',
      },
    ]);
    expect(await client.batchGetTasks({ tasks: [{ provider: 'ims', id: 'a' }] })).toEqual({ items: [] });
    const file = await client.getTaskArtifact(REF);
    expect([file.name, file.type, await file.text()]).toEqual(['api.yaml', 'application/yaml', 'a: 1\n']);
    expect(requests.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/tasks/batch-get', '{"tasks":[{"provider":"ims","id":"a"}]}'],
      ['GET', '/tasks/ims/a%20b/artifact?region=eu', ''],
    ]);
  });

  it('a client that is logged: shows no credentials', async () => {
    const { client } = await talk([]);
    expect(inspect(client, { depth: null })).not.toContain('x-auth-token');
  });

  it('a redirect: not followed, so that credentials stay with the gateway', async () => {
    const { client, requests } = await talk([{ status: 307, headers: { location: '/elsewhere' } }, done]);
    await expect(client.getTask(REF)).rejects.toBeInstanceOf(UnexpectedReplyError);
    expect(requests).toHaveLength(1);
  });

  it('a scope with null members: they are left out of URLs and batches', async () => {
    const scope = { region: 'eu', projectId: 'p', instanceId: null };
    const { client, requests } = await talk([done, { status: 207, body: { items: [] } }]);
    await client.getTask({ provider: 'ims', id: 'a', ...scope });
    await client.batchGetTasks({ tasks: [{ provider: 'ims', id: 'a', ...scope }] });
    expect(requests.map(({ url }) => url)).toEqual(['/tasks/ims/a?region=eu&projectId=p', '/tasks/batch-get']);
    expect(requests[1]?.body).toBe('{"tasks":[{"provider":"ims","id":"a","region":"eu","projectId":"p"}]}');
  });

  it('a signal that aborts: rejects with its reason', async () => {
    const { client } = await talk(['silence']);
    const controller = new AbortController();
    const asking = client.getTask(REF, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(asking).rejects.toThrow('enough');
  });

  it.each<ConnectionLoss>(['reset', 'half', 'silence'])(
    'a connection that ends in %s: rejects with a ConnectionError',
    async (loss) => {
      const { client } = await talk([loss], { answerMs: 50 });
      await expect(client.getTask(REF)).rejects.toBeInstanceOf(ConnectionError);
    },
  );
});

describe('a wrong baseUrl', () => {
  it.each([
    ['no URL', 'tasks.example.com'],
    ['another scheme', 'ftp://tasks.example.com'],
    ['credentials', 'https://user:hunter2@tasks.example.com'],
    ['a query', 'https://tasks.example.com/?a=1'],
  ])('that is %s: refused before anything is sent, and not repeated where it may be secret', (_, baseUrl) => {
    expect(() => new TaskClient({ baseUrl })).toThrow(/^baseUrl (?!.*hunter2)/);
  });

  const page = { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<h1>\n  Shop</h1>' };
  it.each<[string, Answer, object]>([
    ['a page', page, { found: 'text/html: <h1> Shop</h1>' }],
    [
      'JSON that is no Task',
      { status: 200, body: { id: 'a', done: true } },
      { found: /^application\/json: \{"id":"a"/ },
    ],
    ['JSON null', { status: 200, body: 'null' }, { found: 'application/json: null' }],
    [
      'a redirect',
      { status: 308, headers: { location: 'https://a.test/' } },
      { found: 'a redirect to https://a.test/' },
    ],
    ['an empty answer', { status: 204 }, { status: 204 }],
    ['304 to a question without a validator', { status: 304 }, { status: 304 }],
    ['a long text', { status: 200, body: 'x'.repeat(9_000) }, { found: `application/json: ${'x'.repeat(200)}…` }],
  ])(
    'that leads to %s: ends the wait at the first answer, with what was found',
    async (_, answer, { found, ...rest }: { found?: unknown }) => {
      const { client, requests, pauses } = await talk([answer, done]);
      const error: unknown = await client.waitForTask({ ...REF, projectId: 'p' }).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UnexpectedReplyError);
      expect(error).toMatchObject(rest);
      if (found !== undefined)
        expect(error).toMatchObject({ found: expect.stringMatching(found as string) as unknown });
      expect((error as Error).message).toMatch(
        /^http:\/\/127\.0\.0\.1:\d+\/tasks\/ims\/a%20b answered with status \d+, /,
      );
      expect([requests.length, pauses]).toEqual([1, []]);
    },
  );

  it('that leads to a page: is no file and no batch either', async () => {
    const { client } = await talk([page, page]);
    await expect(client.getTaskArtifact(REF)).rejects.toBeInstanceOf(UnexpectedReplyError);
    await expect(client.batchGetTasks({ tasks: [REF] })).rejects.toBeInstanceOf(UnexpectedReplyError);
  });

  it('that leads to another API: its problems are not taken for those of a gateway', async () => {
    const foreign = { type: 'about:blank', title: 'Not Found' };
    const { client } = await talk([
      { status: 404, headers: { 'content-type': 'application/problem+json' }, body: foreign },
    ]);
    const error = await client.waitForTask(REF).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UNKNOWN', retryable: false, problem: null });
    expect((error as Error).message).toBe(
      'HTTP status 404, application/problem+json: {"type":"about:blank","title":"Not Found"}',
    );
  });
});

describe('a failed lookup', () => {
  it('a problem document: thrown as a ProblemError', async () => {
    const { client } = await talk([problem(404, { retryable: false, code: 'TASK_NOT_FOUND' })]);
    const error = await client.getTask(REF).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ status: 404, code: 'TASK_NOT_FOUND', retryable: false, problem: { detail: 'D' } });
  });

  it.each([
    [502, true],
    [429, true],
    [403, false],
  ])('status %i without a problem document: retryable is %s', async (status, retryable) => {
    const { client } = await talk([{ status, headers: { 'content-type': 'text/html' }, body: '<html>secret</html>' }]);
    await expect(client.getTask(REF)).rejects.toMatchObject({ status, code: 'UNKNOWN', retryable, problem: null });
  });

  it('retryAfterSeconds: from the header, as seconds or as a date, else from the document', async () => {
    const soon = new Date(Date.now() + 60_000).toUTCString();
    const { client } = await talk([
      problem(503, { retryAfterSeconds: 3 }),
      problem(503, { retryAfterSeconds: 3 }, { 'retry-after': '9' }),
      problem(503, {}, { 'retry-after': soon }),
      problem(503, {}, { 'retry-after': 'later' }),
    ]);
    const seconds: (number | null)[] = [];
    for (let count = 0; count < 4; count += 1)
      await client.getTask(REF).catch((error: ProblemError) => seconds.push(error.retryAfterSeconds));
    expect(seconds[2]).toBeGreaterThan(50);
    expect(seconds[2]).toBeLessThanOrEqual(60);
    expect(seconds.toSpliced(2, 1)).toEqual([3, 9, null]);
  });
});

describe('waitForTask', () => {
  const etag = (value: string) => ({ etag: value });

  it('a pause: as long as the gateway says; a task that failed is returned', async () => {
    const { client, pauses } = await talk([{ ...running, headers: { 'retry-after': '4' } }, running, done]);
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(pauses).toEqual([4, 7]);
  });

  it('an unchanged task: not sent again, and onUpdate is not called', async () => {
    const { client, requests, pauses } = await talk([
      { ...running, headers: etag('W/"v1"') },
      { status: 304, headers: { ...etag('W/"v1"'), 'retry-after': '9' } },
      { status: 304 },
      { ...running, headers: etag('W/"v1"') },
      { ...done, headers: etag('W/"v2"') },
    ]);
    const versions: unknown[] = [];
    const last = await client.waitForTask(REF, { onUpdate: ({ version }) => versions.push(version) });
    expect(last).toEqual(done.body);
    expect(versions).toEqual(['v1', 'v2']);
    expect(pauses).toEqual([7, 9, 7, 7]);
    expect(requests.map(({ headers }) => headers['if-none-match'])).toEqual([undefined, ...Array(4).fill('W/"v1"')]);
  });

  it('transient problems and lost connections: retried, the latter with full jitter', async () => {
    const { client, pauses } = await talk(
      ['reset', 'half', 'silence', problem(503, { retryAfterSeconds: 3 }), problem(502, {}), running, 'reset', done],
      { answerMs: 50 },
    );
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(pauses).toEqual([0.25, 0.5, 1, 3, 4, 7, 0.25]);
  });

  it('many lost connections: a pause is at most 30 seconds', async () => {
    const answers = Array<ConnectionLoss>(12).fill('reset');
    const { client, pauses } = await talk([...answers, done], { random: () => 1 });
    await client.waitForTask(REF, { patience: 12 });
    expect(pauses).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30]);
  });

  it('a problem that is not retryable, or more failures than patience allows: rejects', async () => {
    const missing = await talk([problem(404, { retryable: false, code: 'TASK_NOT_FOUND' })]);
    await expect(missing.client.waitForTask(REF)).rejects.toMatchObject({ code: 'TASK_NOT_FOUND' });
    expect(missing.pauses).toEqual([]);
    const broken = await talk(Array<ConnectionLoss>(3).fill('reset'));
    await expect(broken.client.waitForTask(REF, { patience: 2 })).rejects.toBeInstanceOf(ConnectionError);
    expect(broken.requests).toHaveLength(3);
  });

  it('a signal that aborts during a pause: ends the wait at once', async () => {
    const controller = new AbortController();
    const { client, requests } = await talk([running, running], { sleep: undefined });
    const waiting = client.waitForTask(REF, {
      signal: controller.signal,
      onUpdate: () => setImmediate(() => controller.abort(new Error('enough'))),
    });
    await expect(waiting).rejects.toThrow('enough');
    expect(requests).toHaveLength(1);
  });

  it('timeoutMs that is over: rejects with the last known task', async () => {
    const limit = new AbortController();
    jest.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal);
    const { client } = await talk([running], { sleep: undefined });
    const onUpdate = (): void => limit.abort(new DOMException('over', 'TimeoutError'));
    const error = await client.waitForTask(REF, { timeoutMs: 5_000, onUpdate }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WaitTimeoutError);
    expect(error).toMatchObject({ name: 'TimeoutError', task: running.body });
    expect((error as Error).message).toBe('not done after 5000 ms: running');
    const silent = await talk(['silence']);
    const nothing = silent.client.waitForTask(REF, { timeoutMs: 30 });
    await expect(nothing).rejects.toMatchObject({ name: 'TimeoutError', task: null });
  });
});
