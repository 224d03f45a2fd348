import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Task } from '@gateway/tasks';
import { TaskStreams } from '../../apps/gateway/src/watch/task-streams.js';
import { TaskWatches } from '../../apps/gateway/src/watch/task-watches.js';
import { forbidden, notFound, unavailable } from '../sharing/support/cloud.js';
import { eventually } from '../support/eventually.js';
import { readReply, talk } from '../support/http-client.js';
import type { Reply } from '../support/http-client.js';
import { connectAndWrite } from '../support/sockets.js';
import { pathOf, PROJECT, quickPathOf, referenceOf, startFollowedCloud } from './support/followed-cloud.js';
import type { FollowedCloud } from './support/followed-cloud.js';

let followed: FollowedCloud;
beforeEach(async () => {
  followed = await startFollowedCloud();
});
afterEach(() => followed.close());

const EVENTS = pathOf('task-1', '/events');
const END = { kind: 'end', reason: 'done' };
interface Item {
  readonly kind: string;
  readonly task: Task;
}

async function taskNow(view = 'basic'): Promise<{ readonly task: Task; readonly etag: string }> {
  const { body, headers } = await followed.gateway.ask({ path: `${pathOf('task-1')}&view=${view}` });
  return { task: body as Task, etag: String(headers.etag) };
}

/** Reads what the connection brings, also where a reply has no body. */
async function readToEnd(method: string, header = ''): Promise<Reply> {
  const request = `${method} ${EVENTS} HTTP/1.1\r\nHost: a\r\n${header}Connection: close\r\n\r\n`;
  const socket = await connectAndWrite(followed.gateway.port, request);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  socket.end();
  return readReply(Buffer.concat(chunks).toString());
}

describe('stream of one task', () => {
  it('task at first, then whenever it differs, to its end: each an item of a batch, its version the id', async () => {
    const reader = await followed.open(EVENTS);
    expect(reader.status).toBe(200);
    await reader.data('task');
    const first = await taskNow();
    const item = { kind: 'task', ref: referenceOf('task-1'), status: 200, etag: first.etag, task: { ...first.task } };
    expect(await reader.data('task')).toEqual([
      { ...item, task: { ...item.task, source: 'live', observedAt: expect.any(String) as unknown } },
    ]);
    await followed.change('task-1', 'RUNNING');
    await followed.change('task-1', 'SUCCESS');
    expect(await reader.ended).toBe(true);
    const [, last] = (await reader.data('task', 2)) as Item[];
    expect(last?.task).toMatchObject({ status: 'succeeded', done: true, source: 'cache', view: 'basic' });
    expect(await reader.data('end')).toEqual([END]);
    expect(reader.events.map(({ event, id }) => [event, id])).toEqual([
      ['task', first.task.version],
      ['task', last?.task.version],
      ['end', undefined],
    ]);
  });

  it('view=full: the whole task, and its own validator', async () => {
    followed.say('task-1', 'SUCCESS');
    const reader = await followed.open(`${EVENTS}&view=full`);
    const { task, etag } = await taskNow('full');
    const [item] = (await reader.data('task')) as (Item & { readonly etag: string })[];
    expect(item).toMatchObject({ etag, task: { view: 'full', result: task.result, version: task.version } });
    expect(await reader.data('end')).toEqual([END]);
  });

  it('turns of its own: what the cloud says changes is seen', async () => {
    const reader = await followed.open(quickPathOf('task-2'));
    await reader.data('task');
    followed.say('task-2', 'SUCCESS');
    expect(await reader.ended).toBe(true);
    expect(((await reader.data('task', 2))[1] as Item).task.status).toBe('succeeded');
  });

  it('ref: as it was given, parts that the provider does not use included', async () => {
    const reader = await followed.open(`${EVENTS}&instanceId=some`);
    expect(await reader.data('task')).toMatchObject([{ ref: { ...referenceOf('task-1'), instanceId: 'some' } }]);
  });

  it('HTTP/1.0: comes as it is, and ends with its connection', async () => {
    followed.say('task-1', 'SUCCESS');
    const received = await talk(followed.gateway.port, `GET ${EVENTS} HTTP/1.0\r\n\r\n`);
    expect([received.status, received.headers['transfer-encoding']]).toEqual([200, undefined]);
    expect(received.text).toMatch(
      /^retry: 2000\n\nid: [\w-]{22}\nevent: task\ndata: {.*}\n\nevent: end\ndata: {.*}\n\n$/,
    );
  });

  it('head: names of the request, CORS and Vary as elsewhere', async () => {
    const { headers } = await followed.open(EVENTS, { 'x-request-id': 'my-stream', 'accept-encoding': 'gzip, br' });
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': 'my-stream',
      vary: 'X-Auth-Token, Last-Event-ID',
      traceparent: expect.stringMatching(/^00-/) as unknown,
    });
    expect(headers['content-encoding']).toBeUndefined();
  });
});

describe('Last-Event-ID', () => {
  it('present version: nothing comes until it differs', async () => {
    const { task } = await taskNow();
    const reader = await followed.open(EVENTS, { 'last-event-id': task.version });
    await followed.change('task-1', 'SUCCESS');
    expect(await reader.ended).toBe(true);
    expect((await reader.data('task')).map((item) => (item as Item).task.status)).toEqual(['succeeded']);
  });

  it('any other version: the snapshot', async () => {
    const reader = await followed.open(EVENTS, { 'last-event-id': 'another_version-1' });
    expect(await reader.data('task')).toMatchObject([{ task: { status: 'running' } }]);
  });

  it.each(['GET', 'HEAD'])('%s, version of a task that is done: 204', async (method) => {
    followed.say('task-1', 'SUCCESS');
    const { task } = await taskNow();
    const reply = await readToEnd(method, `Last-Event-ID: ${task.version}\r\n`);
    expect([reply.status, reply.text, reply.headers['cache-control']]).toEqual([204, '', 'no-store, no-transform']);
    expect(followed.gateway.app.get(TaskStreams).size).toBe(0);
  });

  it.each(['x'.repeat(65), 'a b', 'ä', 'W/"x"'])('%p: 400 that names the header, beside all else', async (value) => {
    const reader = await followed.open(`${EVENTS}&view=half`, {
      'last-event-id': Buffer.from(value).toString('latin1'),
    });
    await reader.ended;
    const { errors } = JSON.parse(reader.text()) as { readonly errors: readonly object[] };
    expect([reader.status, errors]).toEqual([
      400,
      [
        { detail: 'view must be one of full, basic.', parameter: 'view' },
        {
          detail: 'Last-Event-ID must be 1 to 64 letters, digits, hyphens and underscores.',
          header: 'Last-Event-ID',
        },
      ],
    ]);
  });
});

describe('before the head', () => {
  it.each([
    ['no such task', notFound, 404, 'TASK_NOT_FOUND'],
    ['task that may not be read', forbidden, 403, 'PERMISSION_DENIED'],
    ['cloud that is away', unavailable, 503, 'UPSTREAM_UNAVAILABLE'],
  ])('%s: the problem, and no stream', async (_, answer, status, code) => {
    followed.say('task-1', answer);
    const reader = await followed.open(EVENTS);
    await reader.ended;
    expect([reader.status, reader.headers['content-type']]).toEqual([status, 'application/problem+json']);
    expect(JSON.parse(reader.text())).toMatchObject({ code });
    expect(followed.gateway.app.get(TaskStreams).size).toBe(0);
  });

  it('HEAD: the head alone, and nothing is followed', async () => {
    const reply = await readToEnd('HEAD');
    expect([reply.status, reply.text, reply.headers['content-type']]).toEqual([200, '', 'text/event-stream']);
    const { app } = followed.gateway;
    expect([app.get(TaskStreams).size, app.get(TaskWatches).size]).toEqual([0, 0]);
  });

  it('empty id: refused as elsewhere', async () => {
    const reader = await followed.open(`/tasks/ims//events?region=shared&projectId=${PROJECT}`);
    expect(reader.status).toBe(400);
  });
});

describe('lookups that fail in a stream', () => {
  it('one that can pass: told once until something else comes, and the task goes on', async () => {
    const reader = await followed.open(quickPathOf('task-3'));
    await reader.data('task');
    followed.say('task-3', unavailable);
    expect(await reader.data('problem')).toMatchObject([
      {
        kind: 'problem',
        ref: { provider: 'apig', id: 'task-3' },
        status: 503,
        problem: { code: 'UPSTREAM_UNAVAILABLE', requestId: reader.headers['x-request-id'] },
      },
    ]);
    const { length } = followed.cloud.calls;
    await eventually(() => followed.cloud.calls.length > length);
    followed.say('task-3', 'SUCCESS');
    expect(await reader.ended).toBe(true);
    expect(reader.events.map(({ event }) => event)).toEqual(['task', 'problem', 'task', 'end']);
  });

  it.each([
    ['no such task', { status: 404, body: { error_code: 'APIG.3116', error_msg: 'no' } }, 'done'],
    ['not to be read any more', { status: 403, body: { error_code: 'APIG.1005', error_msg: 'no' } }, 'refused'],
  ])('%s: the problem, then the end', async (_, answer, reason) => {
    const reader = await followed.open(quickPathOf('task-4'));
    await reader.data('task');
    followed.say('task-4', answer);
    expect(await reader.ended).toBe(true);
    expect(reader.events.map(({ event }) => event)).toEqual(['task', 'problem', 'end']);
    expect(await reader.data('end')).toEqual([{ kind: 'end', reason }]);
  });
});

it('access log: a line when the stream begins, and one at its end', async () => {
  const linesOf = (): readonly object[] =>
    followed.gateway.logs
      .map((line) => JSON.parse(line) as { readonly requestId?: string })
      .filter(({ requestId }) => requestId === 'logged');
  const reader = await followed.open(EVENTS, { 'x-request-id': 'logged' });
  await eventually(() => linesOf().length === 1);
  const route = '/tasks/:provider/:id/events';
  const line = { level: 30, requestId: 'logged', method: 'GET', route, provider: 'ims', region: 'shared', status: 200 };
  expect(linesOf()).toMatchObject([{ ...line, stream: 'open' }]);
  await followed.change('task-1', 'SUCCESS');
  await reader.ended;
  await eventually(() => linesOf().length === 2);
  expect(linesOf()[1]).toMatchObject({ ...line, ms: expect.any(Number) as unknown });
});

describe('reader that leaves', () => {
  it('nothing is followed and nothing counted any more', async () => {
    const { app } = followed.gateway;
    const reader = await followed.open(EVENTS);
    await reader.data('task');
    expect([app.get(TaskStreams).size, app.get(TaskWatches).size]).toEqual([1, 1]);
    reader.close();
    await eventually(() => app.get(TaskStreams).size + app.get(TaskWatches).size === 0);
  });

  it('while its task is looked up: nothing counted', async () => {
    const { app, port } = followed.gateway;
    let arrived = (): void => undefined;
    const asked = new Promise<void>((resolve) => (arrived = resolve));
    followed.cloud.behave(() => {
      arrived();
      return new Promise(() => undefined);
    });
    const socket = await connectAndWrite(port, `GET ${EVENTS} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await asked;
    expect(app.get(TaskStreams).size).toBe(1);
    socket.destroy();
    await eventually(() => app.get(TaskStreams).size === 0);
  });
});
