import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadFixtures } from '@gateway/providers/testing';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { expectProblem } from '../support/problems.js';
import { scopeQuery, taskIn } from '../support/tasks.js';

const JSON_EXPORT = 'd6e8834b6f0f4711a2fa5345e5b60833';
const YAML_EXPORT = '78d908e03b14863d91993e111a2982f8';
const EXPORTS = loadFixtures('apig').flatMap((fixture) =>
  fixture.artifact === undefined ? [] : [{ ...fixture, artifact: fixture.artifact }],
);

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
beforeEach(() => gateway.simulator.control.clearRequests());

describe('the file of an export', () => {
  it.each(EXPORTS)('$name: byte for byte', async ({ request, reply, artifact }) => {
    gateway.simulator.control.putReply({ service: 'apig', id: request.id, ...reply });
    const file = await gateway.get(`/tasks/apig/${request.id}/artifact`, { 'cache-control': 'no-store' });
    expect(file.status).toBe(200);
    expect(file.text).toBe(artifact.content);
    expect(file.headers['content-type']).toBe(`${artifact.mediaType}; charset=utf-8`);
    expect(Number(file.headers['content-length'])).toBe(Buffer.byteLength(artifact.content));
  });

  it.each([
    [JSON_EXPORT, 'application/json; charset=utf-8', 'test8-RELEASE-all-2023-07-11-19-54-22.json'],
    [YAML_EXPORT, 'application/yaml; charset=utf-8', 'orders-v1-final.yaml'],
  ])('%s: a download with a name', async (id, mediaType, fileName) => {
    const { status, headers } = await gateway.get(`/tasks/apig/${id}/artifact`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': mediaType,
      'content-disposition': `attachment; filename=${fileName}`,
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
    });
  });

  it('name that is not ASCII: kept', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'apig' });
    const result = JSON.stringify({ FileName: 'Bestellungen-€-ü', FileType: '.json', Comment: '{"ü":"€"}' });
    const body = { task_id: id, task_status: 'succeed', task_type: 'export_api', task_result: result };
    gateway.simulator.control.putReply({ service: 'apig', id, body });
    const file = await gateway.get(`/tasks/apig/${id}/artifact`);
    expect(file.text).toBe('{"ü":"€"}');
    expect(file.headers['content-disposition']).toBe(
      `attachment; filename=Bestellungen-_-_.json; filename*=UTF-8''Bestellungen-%E2%82%AC-%C3%BC.json`,
    );
  });

  it('link of the task: leads to it', async () => {
    const { links } = taskIn(await gateway.get(`/tasks/apig/${YAML_EXPORT}`));
    expect(links.artifact).toBe(`/tasks/apig/${YAML_EXPORT}/artifact${scopeQuery('apig')}`);
    expect((await gateway.get(links.artifact ?? '')).text).toBe('swagger: "2.0"\ninfo:\n  title: orders\n');
  });

  it('task stored before: served from the cache', async () => {
    const { id } = gateway.simulator.control.createTask({ service: 'apig', type: 'export_api' });
    const file = await gateway.get(`/tasks/apig/${id}/artifact`);
    expect(file.headers['cache-status']).toBe('task-gateway; fwd=uri-miss; stored');
    const task = await gateway.get(`/tasks/apig/${id}`);
    expect(taskIn(task).source).toBe('cache');
    const again = await gateway.get(`/tasks/apig/${id}/artifact`);
    expect(again.headers['cache-status']).toMatch(/^task-gateway; hit; ttl=\d+$/);
    expect(again.headers.age).toMatch(/^\d+$/);
    expect(again.text).toBe(file.text);
    expect(gateway.asked()).toHaveLength(1);
  });

  it('If-None-Match that knows it: 304', async () => {
    const { etag = '' } = (await gateway.get(`/tasks/apig/${JSON_EXPORT}/artifact`)).headers;
    expect(etag).toMatch(/^W\/"[\w.-]+"$/);
    const reply = await gateway.get(`/tasks/apig/${JSON_EXPORT}/artifact`, { 'if-none-match': etag });
    expect(reply.status).toBe(304);
    expect(reply.text).toBe('');
    expect(reply.headers.etag).toBe(etag);
  });

  it('HEAD: its headers without its content', async () => {
    const get = await gateway.get(`/tasks/apig/${YAML_EXPORT}/artifact`);
    const head = await gateway.head(`/tasks/apig/${YAML_EXPORT}/artifact`);
    expect(head.text).toBe('');
    for (const name of ['etag', 'content-type', 'content-disposition'])
      expect([name, head.headers[name]]).toEqual([name, get.headers[name]]);
  });
});

describe('a task without a file', () => {
  it.each([
    ['an import', '/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2', 'This task made no file.'],
    ['a failed export', '/tasks/apig/1c40ae7e6e964942bc988641ea05336c', 'This task made no file.'],
    ['an export that lost its result', '/tasks/apig/51708b0359f75b18cd5f8e1fbed99c55', 'This task made no file.'],
    ['a running import', '/tasks/apig/4dfbf6acaacf4c41a8b3c50daa90d3dc', 'This task has not finished.'],
    ['an image', '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013', 'This task made no file.'],
    ['a background task', '/tasks/dms/8abfa7b272adc5b40172b73130065ae7', 'This task made no file.'],
  ])('%s', async (_, path, detail) => {
    const reply = await gateway.get(`${path}/artifact`);
    expectProblem(gateway, reply, 'artifact-not-found', { detail, provider: path.split('/')[2] ?? '' });
    expect(taskIn(await gateway.get(path)).links).not.toHaveProperty('artifact');
  });

  it('running: 404, and the file once it has ended', async () => {
    const { control } = gateway.simulator;
    const { id } = control.createTask({ service: 'apig', type: 'export_api', runningMs: 3_600_000 });
    const before = await gateway.get(`/tasks/apig/${id}/artifact`);
    expectProblem(gateway, before, 'artifact-not-found', { detail: 'This task has not finished.', provider: 'apig' });
    control.advanceClock({ advanceMs: 3_600_000 });
    const after = await gateway.get(`/tasks/apig/${id}/artifact`, { 'cache-control': 'no-cache' });
    control.advanceClock({ advanceMs: -3_600_000 });
    expect(after.body).toMatchObject({ swagger: '2.0', info: { title: 'orders' } });
  });

  it('that does not exist: 404', async () => {
    const reply = await gateway.get('/tasks/apig/00000000000000000000000000000000/artifact');
    expect(reply.body).toMatchObject({ code: 'TASK_NOT_FOUND', provider: 'apig' });
  });

  it('view: 400', async () => {
    const reply = await gateway.get(`/tasks/apig/${JSON_EXPORT}/artifact?view=basic`);
    const errors = [{ detail: 'Only region, projectId, instanceId are read.', parameter: 'view' }];
    expectProblem(gateway, reply, 'validation-failed', { provider: 'apig', errors });
  });
});
