import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { TaskClient } from './index.js';
import { done, problem, REF, running, scriptedGateways, taskEvent, times, until } from './testing/scripted-gateway.js';
import type { StreamScript } from './testing/scripted-gateway.js';

const { talk } = scriptedGateways();
afterEach(() => void jest.restoreAllMocks());

const known = { ...running, headers: { etag: 'W/"v1"' } };
const waited = { 'preference-applied': 'wait=50' };
const changed = { ...running, body: { ...running.body, version: 'v1b' }, headers: { etag: 'W/"v1b"', ...waited } };
const ended = { ...done, headers: waited };
const other = { ...REF, id: 'other' };

describe('where streams do not work', () => {
  it.each<[string, StreamScript]>([
    ['an older gateway', problem(404, { code: 'ROUTE_NOT_FOUND', retryable: false })],
    ['a proxy that lets no POST through', { status: 405, headers: { 'content-type': 'text/html' }, body: '' }],
    ['a page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<h1>Shop</h1>' }],
    ['a redirect', { status: 302, headers: { location: '/login' } }],
    ['a buffer in between', 'silence'],
  ])('%s: goes on by long polls, and so do later waits of all clients of this origin', async (_, script) => {
    const { client, requests, streamRequests, pauses, baseUrl } = await talk([known, changed, ended, known, ended], {
      streams: [script, { events: [] }],
      firstByteMs: 50,
    });
    const versions: string[] = [];
    expect(await client.waitForTask(REF, { onUpdate: ({ version }) => versions.push(version) })).toEqual(done.body);
    expect(versions).toEqual(['v1', 'v1b', 'v2']);
    expect(await new TaskClient({ baseUrl }).waitForTask(REF)).toEqual(done.body);
    expect(requests.map(({ headers }) => [headers['prefer'], headers['if-none-match']])).toEqual([
      [undefined, undefined],
      ['wait=50', 'W/"v1"'],
      ['wait=50', 'W/"v1b"'],
      [undefined, undefined],
      ['wait=50', 'W/"v1"'],
    ]);
    expect([streamRequests.length, pauses]).toEqual([1, []]);
  });

  it.each([
    ['too many', 429, 'RATE_LIMITED'],
    ['a busy gateway', 503, 'GATEWAY_BUSY'],
    ['credentials', 401, 'UNAUTHENTICATED'],
  ])('%s: goes on by long polls for a minute', async (_, status, code) => {
    const { client, requests, streamRequests } = await talk([known, changed], {
      streams: [problem(status, { code }), { events: [taskEvent(done.body)] }],
    });
    const start = Date.now();
    const onUpdate = ({ version }: { readonly version: string }): void => {
      if (version === 'v1b') jest.spyOn(Date, 'now').mockReturnValue(start + 120_000);
    };
    expect(await client.waitForTask(REF, { onUpdate })).toEqual(done.body);
    expect([requests.length, streamRequests.length]).toEqual([2, 2]);
  });

  it('a request that is refused for what is in it: its waits go on apart, others stream', async () => {
    const invalid = problem(400, { code: 'VALIDATION_FAILED', retryable: false });
    const { client, requests, streamRequests } = await talk([known, changed, ended, known], {
      streams: [invalid, { events: [taskEvent(done.body)] }],
    });
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(requests.map(({ headers }) => headers['prefer'])).toEqual([undefined, 'wait=50', 'wait=50']);
    expect(streamRequests).toHaveLength(1);
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(streamRequests).toHaveLength(2);
  });

  it('a silence after the first bytes: goes on by long polls', async () => {
    const { client, requests } = await talk([known, ended], { streams: [{ events: [] }], silenceMs: 50 });
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(requests[1]?.headers['prefer']).toBe('wait=50');
  });

  it('a look that fails as well: no stream is tried before one has worked', async () => {
    const { client, requests, streamRequests, pauses } = await talk([known, 'reset', known], {
      streams: ['reset', { events: [taskEvent(done.body)] }],
    });
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect([requests.length, streamRequests.length, pauses]).toEqual([3, 2, [0.25]]);
  });

  it('connections that fail before a stream begins: looks again, and tries a few more', async () => {
    const { client, requests, streamRequests } = await talk(times(8, known), {
      streams: ['reset', 'reset', { events: [taskEvent(done.body)] }],
    });
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect([requests.length, streamRequests.length]).toEqual([3, 3]);
  });
});

describe('long polls', () => {
  const longPoll = { transport: 'long-poll' } as const;

  it('that are not honoured: asks at the pace that the gateway names', async () => {
    const plain = { ...running, headers: { etag: 'W/"v1"', 'retry-after': '4' } };
    const { client, pauses, streamRequests } = await talk(
      [plain, { status: 304, headers: { 'retry-after': '9' } }, done],
      longPoll,
    );
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect([pauses, streamRequests]).toEqual([[9], []]);
  });

  it('that bring nothing new at once: asks at the pace that the gateway names', async () => {
    const unchanged = { status: 304, headers: { etag: 'W/"v1"', 'retry-after': '9', ...waited } };
    const { client, pauses } = await talk([known, unchanged, done], longPoll);
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(pauses).toEqual([9]);
  });

  it('that a proxy gives up on each time: asks at the pace that the gateway names, and the wait goes on', async () => {
    const given = { status: 504, headers: { 'content-type': 'text/html' }, body: '<h1>504</h1>' };
    const { client, requests } = await talk([known, given, ...times(12, known), done], longPoll);
    expect(await client.waitForTask(REF, { patience: 1 })).toEqual(done.body);
    expect(requests.filter(({ headers }) => headers['prefer'] !== undefined)).toHaveLength(1);
  });

  it('that bring another version at once again and again: asks at the pace that the gateway names', async () => {
    const versions = Array.from({ length: 30 }, (_, index) => {
      const version = `v${index}`;
      return { ...running, body: { ...running.body, version }, headers: { etag: `W/"${version}"`, ...waited } };
    });
    const { client, pauses } = await talk([...versions, done], longPoll);
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(pauses.length).toBeGreaterThan(20);
    expect(new Set(pauses)).toEqual(new Set([7]));
  });

  it('that are waited for: follow each other without a pause', async () => {
    const unchanged = { status: 304, headers: { etag: 'W/"v1"', 'retry-after': '9', ...waited } };
    const { client, requests, pauses } = await talk([known, ...times(4, unchanged), done], longPoll);
    const start = Date.now();
    let calls = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => start + 50_000 * (calls += 1));
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(pauses).toEqual([]);
    expect(requests.map(({ headers }) => headers['prefer'])).toEqual([undefined, ...times(5, 'wait=50')]);
  });

  it('the time for an answer: counts from the end of the wait that was asked for', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout');
    const { client } = await talk([known, ended], longPoll);
    await client.waitForTask(REF);
    expect(timeout.mock.calls).toEqual([[15_000], [65_000]]);
  });

  it.each([
    ['renewed: goes on', ended, 'succeeds'],
    ['not renewed: the problem of a plain look', problem(401, { retryable: false }), 'fails'],
  ])('whose credentials end meanwhile, and are %s', async (_, next, what) => {
    const { client, requests } = await talk([known, problem(401, { retryable: false }), next, next], longPoll);
    const task = await client.waitForTask(REF).catch((error: unknown) => error);
    expect(task).toMatchObject(what === 'succeeds' ? done.body : { status: 401 });
    expect(requests.map(({ headers }) => headers['prefer'])).toEqual([undefined, 'wait=50', undefined]);
  });

  it('that are lost: the next look is a plain one, and others are for a minute', async () => {
    const { client, requests, pauses } = await talk([known, 'reset', known, done], longPoll);
    expect(await client.waitForTask(REF)).toEqual(done.body);
    expect(requests.map(({ headers }) => headers['prefer'])).toEqual([undefined, 'wait=50', undefined, undefined]);
    expect(pauses).toEqual([0.25, 7]);
  });

  it('of more than three tasks: the others are asked for, so that browsers have connections left', async () => {
    const { client, requests } = await talk([...times(4, known), 'silence', 'silence', 'silence', done], {
      ...longPoll,
      // Until all have looked once.
      sleep: () => until(() => requests.length >= 4),
    });
    const leaving = new AbortController();
    const waits = [REF, other, { ...REF, id: 'c' }, { ...REF, id: 'd' }].map((ref) =>
      client.waitForTask(ref, { signal: leaving.signal }),
    );
    expect(await Promise.race(waits)).toEqual(done.body);
    leaving.abort(new Error('enough'));
    await Promise.allSettled(waits);
    expect(requests.map(({ headers }) => headers['prefer'] !== undefined)).toEqual([
      ...Array(4).fill(false),
      true,
      true,
      true,
      false,
    ]);
  });
});
