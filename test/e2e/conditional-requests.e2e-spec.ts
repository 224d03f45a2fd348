import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { taskIn } from '../support/tasks.js';

const FINISHED = '/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2';
const RUNNING = '/tasks/ims/ff87a66f7ac749b159ee539bb7aeef32';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

async function etagOf(path: string): Promise<string> {
  return (await gateway.get(path)).headers.etag ?? '';
}

describe('the validator', () => {
  it.each([FINISHED, RUNNING])('of %s: weak, made of the version, and stays', async (path) => {
    const first = await gateway.get(path);
    expect(first.headers.etag).toBe(`W/"${taskIn(first).version}"`);
    expect(await etagOf(path)).toBe(first.headers.etag);
  });

  it('another view: another one', async () => {
    expect(await etagOf(`${FINISHED}?view=basic`)).not.toBe(await etagOf(FINISHED));
    expect(await etagOf(`${FINISHED}?view=full`)).toBe(await etagOf(FINISHED));
  });

  it('live or from the cache: the same', async () => {
    const live = await gateway.get(FINISHED, { 'cache-control': 'no-cache' });
    const cached = await gateway.get(FINISHED);
    expect([taskIn(live).source, taskIn(cached).source]).toEqual(['live', 'cache']);
    expect(cached.headers.etag).toBe(live.headers.etag);
  });

  it('task changed: another one', async () => {
    const { control } = gateway.simulator;
    const { id } = control.createTask({ service: 'dms', runningMs: 3_600_000 });
    const before = await etagOf(`/tasks/dms/${id}`);
    control.advanceClock({ advanceMs: 3_600_000 });
    const after = await gateway.get(`/tasks/dms/${id}`, { 'if-none-match': before, 'cache-control': 'no-cache' });
    control.advanceClock({ advanceMs: -3_600_000 });
    expect(after.status).toBe(200);
    expect(after.headers.etag).not.toBe(before);
  });
});

describe('If-None-Match', () => {
  const knows: readonly (readonly [string, (etag: string) => string | string[]])[] = [
    ['the tag', (etag) => etag],
    ['the tag as a strong one', (etag) => etag.replace('W/', '')],
    ['a list with the tag', (etag) => `"one", W/"two",${etag} , "three"`],
    ['a list over two headers', (etag) => ['"one"', etag]],
    ['a list with empty members', (etag) => `, ${etag},`],
    ['anything', () => '*'],
  ];
  const doesNotKnow: readonly (readonly [string, (etag: string) => string | string[]])[] = [
    ['another tag', () => 'W/"another"'],
    ['the tag in lower case', (etag) => etag.toLowerCase()],
    ['the tag without quotes', (etag) => etag.replaceAll('"', '')],
    ['the tag with an end missing', (etag) => etag.slice(0, -1)],
    ['the tag inside another', (etag) => `"x${etag.slice(3)}`],
    ['the tag with a small w', (etag) => `w${etag.slice(1)}`],
    ['a quoted star', () => '"*"'],
    ['a star in a list', () => '"one", *'],
    ['nothing', () => ''],
    ['garbage', () => ',,,;;"W/'],
    ['garbage before the tag', (etag) => `garbage, ${etag}`],
  ];

  it.each(knows)('%s: 304 with the validators and no body', async (_, field) => {
    const known = await gateway.get(FINISHED);
    const reply = await gateway.get(FINISHED, { 'if-none-match': field(known.headers.etag ?? '') });
    expect(reply.status).toBe(304);
    expect(reply.text).toBe('');
    for (const name of ['etag', 'cache-control', 'vary'])
      expect([name, reply.headers[name]]).toEqual([name, known.headers[name]]);
    expect(reply.headers['cache-status']).toMatch(/^task-gateway; hit; ttl=\d+$/);
    expect(reply.headers['content-type']).toBeUndefined();
  });

  it.each(doesNotKnow)('%s: 200', async (_, field) => {
    const reply = await gateway.get(FINISHED, { 'if-none-match': field(await etagOf(FINISHED)) });
    expect(taskIn(reply).id).toBe('d9ce8c9eede54b3f841ec324fe0bfdc2');
  });

  it('running task: the 304 says when to ask again', async () => {
    const { etag = '', ...first } = (await gateway.get(RUNNING)).headers;
    const reply = await gateway.get(RUNNING, { 'if-none-match': etag });
    expect(reply.status).toBe(304);
    expect(reply.headers).toMatchObject({ etag, 'retry-after': first['retry-after'] });
    const asked = await gateway.get(RUNNING, { 'if-none-match': etag, 'cache-control': 'no-cache' });
    expect(asked.status).toBe(304);
    expect(asked.headers).toMatchObject({ etag, 'retry-after': first['retry-after'] });
    expect(asked.headers['cache-status']).toBe('task-gateway; fwd=request; stored');
  });

  it('failed lookup: no 304', async () => {
    const reply = await gateway.get('/tasks/apig/00000000000000000000000000000000', { 'if-none-match': '*' });
    expect(reply.status).toBe(404);
  });
});

describe('HEAD', () => {
  it.each([FINISHED, `${FINISHED}?view=basic`, RUNNING])('%s: the headers of GET and no body', async (path) => {
    const get = await gateway.get(path);
    const head = await gateway.head(path);
    expect(head.status).toBe(200);
    expect(head.text).toBe('');
    for (const name of ['etag', 'cache-control', 'vary', 'content-type', 'retry-after'])
      expect([name, head.headers[name]]).toEqual([name, get.headers[name]]);
  });

  it('validator that matches: 304', async () => {
    const reply = await gateway.head(FINISHED, { 'if-none-match': await etagOf(FINISHED) });
    expect([reply.status, reply.text]).toEqual([304, '']);
    // Of the 200 that it stands for, or none: a length of 0 would be a lie (RFC 9110, 8.6).
    expect(reply.headers['content-length']).toBe((await gateway.get(FINISHED)).headers['content-length']);
  });

  it('failed lookup: the headers of the problem', async () => {
    const reply = await gateway.head('/tasks/apig/00000000000000000000000000000000');
    expect(reply.status).toBe(404);
    expect(reply.text).toBe('');
    expect(reply.headers).toMatchObject({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  });
});
