import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { talk } from '../support/http-client.js';
import type { Reply } from '../support/http-client.js';
import { expectProblem } from '../support/problems.js';

const PATH = '/tasks/batch-get';
const LIMIT = 64 * 1024;
const ONE = { provider: 'ims', id: 'x' };

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
afterEach(() => {
  expect(gateway.simulator.control.requests()).toEqual([]);
});

const post = (body: string | Buffer, contentType: string | null = 'application/json'): Promise<Reply> =>
  gateway.ask({
    method: 'POST',
    path: PATH,
    body,
    headers: contentType === null ? {} : { 'content-type': contentType },
  });

describe('a body that is not JSON', () => {
  it.each([
    ['nothing', '', 'The body is empty.'],
    ['half of it', '{"tasks": [', 'The body is not valid JSON.'],
    ['text', 'tasks', 'The body is not valid JSON.'],
    ['a comma too many', '{"tasks": [],}', 'The body is not valid JSON.'],
    ['bytes', Buffer.from([0xff, 0xfe, 0x00]), 'The body is not valid JSON.'],
    ['a prototype', '{"tasks":[],"__proto__":{"admin":true}}', 'The body is not valid JSON.'],
  ])('%s', async (_, body, detail) => {
    expectProblem(gateway, await post(body), 'validation-failed', { detail, errors: [{ detail, pointer: '' }] });
  });

  it('no body, and no header of one', async () => {
    const lines = [`POST ${PATH} HTTP/1.1`, 'Host: a', 'Content-Type: application/json', 'Connection: close', '', ''];
    const detail = 'The body is empty.';
    const reply = await talk(gateway.port, lines.join('\r\n'));
    expectProblem(gateway, reply, 'validation-failed', { detail, errors: [{ detail, pointer: '' }] });
  });
});

describe('a body of another media type', () => {
  it.each([
    null,
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'application/xml',
    'application/problem+json',
    'garbage',
  ])('%s', async (contentType) => {
    const reply = await post(JSON.stringify({ tasks: [ONE] }), contentType);
    expectProblem(gateway, reply, 'unsupported-media-type', { detail: 'Only application/json is read.' });
  });

  it('encoded: 415', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const reply = await gateway.ask({ method: 'POST', path: PATH, headers, body: '{}' });
    expectProblem(gateway, reply, 'unsupported-media-type', { detail: 'Only application/json is read.' });
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8'])(
    '%s: accepted',
    async (contentType) => {
      expect((await post('{"tasks":[]}', contentType)).status).toBe(400);
    },
  );
});

it('violations of one place: named once', async () => {
  const reply = await post(JSON.stringify({ tasks: [{ provider: 'ims' }, null], nope: 1 }));
  const { errors } = reply.body as { errors: readonly { pointer: string }[] };
  const pointers = errors.map(({ pointer }) => pointer);
  expect(new Set(pointers).size).toBe(pointers.length);
  expect(pointers).toEqual(expect.arrayContaining(['/nope', '/tasks/0/id']));
  expect((await post('{}')).body).toMatchObject({ errors: [{ pointer: '/tasks', detail: 'tasks must be an array.' }] });
});

describe('a body over the limit', () => {
  it('declared length: 413', async () => {
    const reply = await post(JSON.stringify({ tasks: [] }).padEnd(LIMIT + 1));
    expectProblem(gateway, reply, 'body-too-large', { detail: 'The body is larger than 65536 bytes.' });
  });

  it('chunked: 413', async () => {
    const headers = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const reply = await gateway.ask({ method: 'POST', path: PATH, headers, body: '{}'.padEnd(LIMIT + 1) });
    expectProblem(gateway, reply, 'body-too-large', { detail: 'The body is larger than 65536 bytes.' });
  });

  it('just within the limit: read', async () => {
    expect((await post('{"tasks":[]}'.padEnd(LIMIT))).status).toBe(400);
  });
});

describe('a body that would lead its reader astray', () => {
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;

  it.each([
    ['a constructor', '{"tasks":[{"provider":"ims","id":"x","constructor":1}]}'],
    ['a constructor of the body', '{"tasks":[],"constructor":null}'],
    ['a constructor somewhere inside', '{"tasks":[{"provider":"ims","id":{"x":[{"constructor":{"name":"x"}}]}}]}'],
  ])('%s', async (_, body) => {
    const detail = 'No member may be called constructor.';
    expectProblem(gateway, await post(body), 'validation-failed', { detail, errors: [{ detail, pointer: '' }] });
  });

  it.each([
    ['of tasks', `{"tasks":${deep(30_000)}}`],
    ['of an id', `{"tasks":[{"provider":"ims","id":${deep(30_000)}}]}`],
    ['of objects', `${'{"tasks":'.repeat(6_000)}1${'}'.repeat(6_000)}`],
    ['of an unknown member', `{"tasks":[],"x":${deep(9)}}`],
  ])('a deep nesting %s', async (_, body) => {
    const detail = 'The body is nested too deeply.';
    expectProblem(gateway, await post(body), 'validation-failed', { detail, errors: [{ detail, pointer: '' }] });
  });
});

describe('a batch that is malformed', () => {
  const notKnown = 'This member is not known.';
  const atLeastOne = 'tasks must contain at least 1 elements.';
  const anArray = 'tasks must be an array.';

  it.each([
    ['null', null, [{ detail: 'The body must be a JSON object.', pointer: '' }]],
    ['an array', [ONE], [{ detail: 'The body must be a JSON object.', pointer: '' }]],
    ['a text', 'tasks', [{ detail: 'The body must be a JSON object.', pointer: '' }]],
    ['no tasks', { tasks: [] }, [{ detail: atLeastOne, pointer: '/tasks' }]],
    [
      '101 tasks',
      { tasks: Array.from({ length: 101 }, () => ONE) },
      [{ detail: 'tasks must contain no more than 100 elements.', pointer: '/tasks' }],
    ],
    ['an unknown member', { tasks: [ONE], deep: true }, [{ detail: notKnown, pointer: '/deep' }]],
    ['a member with a slash and a tilde', { tasks: [ONE], 'a/b~c': 1 }, [{ detail: notKnown, pointer: '/a~1b~0c' }]],
    [
      'an unknown member of a task',
      { tasks: [{ ...ONE, token: 'x' }] },
      [{ detail: notKnown, pointer: '/tasks/0/token' }],
    ],
    [
      'an unknown view',
      { tasks: [ONE], view: 'all' },
      [{ detail: 'view must be one of the following values: full, basic.', pointer: '/view' }],
    ],
  ])('%s', async (_, body, errors) => {
    expectProblem(gateway, await gateway.post(PATH, body), 'validation-failed', { errors });
  });

  it('several faults: all are reported at once', async () => {
    const tasks = [ONE, { provider: 7 }, 'ims/x', null, { ...ONE, region: ['a'] }];
    const reply = await gateway.ask({
      method: 'POST',
      path: `${PATH}?view=basic`,
      headers: { 'content-type': 'application/json', 'x-auth-token': ['one', 'two'] },
      body: JSON.stringify({ tasks, view: 'x', more: 1 }),
    });
    expect(reply.status).toBe(400);
    const { errors } = reply.body as { errors: readonly { pointer?: string; parameter?: string; header?: string }[] };
    const places = new Set(errors.map(({ pointer, parameter, header }) => pointer ?? parameter ?? header));
    expect([...places].toSorted()).toEqual(
      [
        '/more',
        '/tasks/1/id',
        '/tasks/1/provider',
        '/tasks/2',
        '/tasks/3',
        '/tasks/4/region',
        '/view',
        'X-Auth-Token',
        'view',
      ].toSorted(),
    );
  });

  it('empty list: a violation', async () => {
    const reply = await gateway.post(PATH, {});
    expect(reply.status).toBe(400);
    expect(reply.body).toMatchObject({
      errors: expect.arrayContaining([{ detail: anArray, pointer: '/tasks' }]) as unknown,
    });
  });
});
