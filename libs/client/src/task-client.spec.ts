import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ConnectionError, ProblemError, TaskClient, UnexpectedReplyError } from './index.js';
import { REF, done, problem, scriptedGateways } from './testing/scripted-gateway.js';
import type { Answer, ConnectionLoss } from './testing/scripted-gateway.js';

const { talk } = scriptedGateways();

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

  it('getTaskWithResponse: what the reply says beside the task, and null for what it does not say', async () => {
    const headers = { etag: 'W/"v2"', age: '3', 'x-request-id': 'r1' };
    const { client, requests } = await talk([{ ...done, headers }, done]);
    const reply = await client.getTaskWithResponse({ self: '/tasks/ims/a%20b?region=eu' }, { view: 'basic' });
    expect(reply).toEqual({ task: done.body, etag: 'W/"v2"', age: 3, requestId: 'r1' });
    expect(await client.getTaskWithResponse(REF)).toEqual({ task: done.body, etag: null, age: null, requestId: null });
    expect(requests.map(({ url }) => url)).toEqual([
      '/tasks/ims/a%20b?region=eu&view=basic',
      '/tasks/ims/a%20b?region=eu',
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
