import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { bytes, head, succeededTask, wellBehaved, wellBehavedOnce, whole } from './support/answers.js';
import { eventually } from '../support/eventually.js';
import { expectContained, expectLive } from './support/expectations.js';
import { expectProblem } from './support/problem.js';
import type { ExpectedProblem } from './support/problem.js';
import { startRawUpstream } from './support/raw-upstream.js';
import type { Behaviour } from './support/raw-upstream.js';
import { BODY_LIMIT, startTwoClouds, TASK } from './support/two-clouds.js';
import type { TwoClouds } from './support/two-clouds.js';

const TASK_JSON = JSON.stringify(succeededTask(TASK));
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const ANSWERED = { status: 200, code: null, requestId: null };
const BROKEN = 'The upstream broke the connection before its answer was complete.';
const TOO_DEEP = 'The upstream answered with JSON that is nested too deeply.';
const NOT_JSON = 'The upstream did not answer with JSON.';
const NO_KNOWN_FORM = 'The upstream answered with JSON in no known form.';
const TOO_LARGE = 'The body of the upstream is larger than allowed.';
const ENCODING = 'The content encoding of the upstream is unknown or broken.';

let clouds: TwoClouds;
beforeAll(async () => {
  clouds = await startTwoClouds();
});
afterEach(() => expectContained(clouds));
afterAll(() => clouds.close());

/** The connection comes about, and no complete reply: asked again, as often as is allowed. */
const unreachable = { slug: 'upstream-unreachable', detail: BROKEN, provider: 'ims' } as const;
const badResponse = (detail: string, answered: boolean): ExpectedProblem => ({
  slug: 'upstream-bad-response',
  detail,
  provider: 'ims',
  ...(answered ? { upstream: ANSWERED } : {}),
});

/** Keeps sending until nobody listens any more. */
const endless: Behaviour = ({ socket }) => {
  socket.write(head(200, 'Transfer-Encoding: chunked'));
  const more = (): void =>
    void (socket.writable && socket.write(`400\r\n${' '.repeat(1_024)}\r\n`, () => setImmediate(more)));
  more();
};

describe('incomplete reply: three attempts in all', () => {
  it.each<[string, Behaviour]>([
    [
      'reset in the body',
      ({ socket }) => socket.write(head(200, 'Content-Length: 99') + '{"status":', () => socket.resetAndDestroy()),
    ],
    ['shorter than its Content-Length', ({ socket }) => socket.end(head(200, 'Content-Length: 4000') + TASK_JSON)],
    ['ended between two chunks', ({ socket }) => socket.end(`${head(200, 'Transfer-Encoding: chunked')}1\r\n{\r\n`)],
    ['ended in the headers', ({ socket }) => socket.end('HTTP/1.1 200 OK\r\nContent-')],
    ['closed without a byte', ({ socket }) => socket.end()],
  ])('%s', async (_name, behaviour) => {
    clouds.faulty.behave(behaviour);
    expectProblem(clouds.gateway, await clouds.askFaulty(), unreachable);
    expect([clouds.faulty.requests.length, clouds.faulty.connections()]).toEqual([3, 3]);
    await expectRecovery();
  });
});

describe('unusable reply: one attempt', () => {
  it.each<[string, Behaviour, ExpectedProblem]>([
    [
      'no HTTP',
      bytes('SSH-2.0-OpenSSH_9.2\r\n\r\n'),
      badResponse('The upstream did not answer in HTTP, or with headers that are too large.', false),
    ],
    ['announced over the limit', bytes(head(200, `Content-Length: ${BODY_LIMIT + 1}`)), badResponse(TOO_LARGE, false)],
    ['without an end', endless, badResponse(TOO_LARGE, false)],
    [
      'a gzip bomb',
      bytes(whole(200, gzipSync(Buffer.alloc(1_024 * 1_024, ' ')), 'Content-Encoding: gzip')),
      badResponse(TOO_LARGE, false),
    ],
    ['plain text called gzip', bytes(whole(200, TASK_JSON, 'Content-Encoding: gzip')), badResponse(ENCODING, false)],
    ['in an unknown encoding', bytes(whole(200, TASK_JSON, 'Content-Encoding: br')), badResponse(ENCODING, false)],
    [
      'HTML called JSON',
      bytes(whole(200, '<html><body>Sign in at 10.1.2.3</body></html>')),
      badResponse(NOT_JSON, true),
    ],
    ['text called JSON', bytes(whole(200, 'all is well')), badResponse(NOT_JSON, true)],
    ['half of JSON', bytes(whole(200, TASK_JSON.slice(0, -1))), badResponse(NOT_JSON, true)],
    ['empty', bytes(whole(200, '')), badResponse(NOT_JSON, true)],
    [
      'empty by its status',
      bytes(head(204)),
      { ...badResponse(NOT_JSON, true), upstream: { ...ANSWERED, status: 204 } },
    ],
    ['nothing but a byte order mark', bytes(whole(200, UTF8_BOM)), badResponse(NOT_JSON, true)],
    [
      'no UTF-8',
      bytes(whole(200, Buffer.from(TASK_JSON.replace('SUCCESS', '\u00ff'), 'latin1'))),
      badResponse(NOT_JSON, true),
    ],
    ['nested too deep', bytes(whole(200, '['.repeat(40) + ']'.repeat(40))), badResponse(TOO_DEEP, true)],
    ['null', bytes(whole(200, 'null')), badResponse(NO_KNOWN_FORM, true)],
    ['[]', bytes(whole(200, '[]')), badResponse(NO_KNOWN_FORM, true)],
    ['{}', bytes(whole(200, '{}')), badResponse(NO_KNOWN_FORM, true)],
    ['a text', bytes(whole(200, '"SUCCESS"')), badResponse(NO_KNOWN_FORM, true)],
  ])('%s', async (_name, behaviour, expected) => {
    clouds.faulty.behave(behaviour);
    expectProblem(clouds.gateway, await clouds.askFaulty(), expected);
    expect(clouds.faulty.requests).toHaveLength(1);
    await expectRecovery();
  });

  it('too large: cut off rather than read to its end', async () => {
    clouds.faulty.behave(endless);
    await clouds.askFaulty();
    await eventually(() => clouds.faulty.open() === 0);
    await expectRecovery();
  });
});

describe('redirect: not followed', () => {
  it.each([301, 302, 303, 307, 308])('%i to another host', async (status) => {
    const elsewhere = await startRawUpstream(wellBehaved);
    clouds.faulty.behave(bytes(head(status, `Location: ${elsewhere.url}/v1/jobs/1`, 'Content-Length: 0')));
    expectProblem(clouds.gateway, await clouds.askFaulty(), {
      slug: 'upstream-misconfigured',
      detail: `The upstream answered with status ${status}.`,
      provider: 'ims',
      upstream: { status, code: null, requestId: null },
    });
    expect([clouds.faulty.requests.length, elsewhere.connections()]).toEqual([1, 0]);
    expect(clouds.gateway.output()).not.toContain(elsewhere.address);
    await elsewhere.close();
    await expectRecovery();
  });
});

describe('odd but legal reply: one attempt, and success', () => {
  const byteByByte: Behaviour = ({ socket }) => {
    const rest = [...whole(200, TASK_JSON)];
    const next = (): void => {
      const byte = rest.shift();
      if (byte !== undefined) socket.write(Buffer.of(byte), () => setImmediate(next));
    };
    next();
  };
  it.each<[string, Behaviour]>([
    ['packets of one byte', byteByByte],
    ['a byte order mark before the JSON', bytes(whole(200, Buffer.concat([UTF8_BOM, Buffer.from(TASK_JSON)])))],
    ['JSON called text', bytes(whole(200, TASK_JSON, 'Content-Type: text/plain'))],
    ['JSON in gzip', bytes(whole(200, gzipSync(TASK_JSON), 'Content-Encoding: gzip'))],
    ['exactly as large as allowed', bytes(whole(200, TASK_JSON.padEnd(BODY_LIMIT)))],
    ['no length, ended by the connection', ({ socket }) => socket.end(head(200) + TASK_JSON)],
  ])('%s', async (_name, behaviour) => {
    clouds.faulty.behave(behaviour);
    const reply = await clouds.askFaulty({ 'cache-control': 'no-cache' });
    expectLive(reply);
    expect(reply.body).toMatchObject({ id: TASK, status: 'succeeded', upstreamStatus: 'SUCCESS' });
    expect(clouds.faulty.requests).toHaveLength(1);
  });
});

/** Nothing of the fault was kept: the next request asks the upstream, once, and is answered. */
async function expectRecovery(): Promise<void> {
  clouds.faulty.behave(wellBehavedOnce);
  // Without storing it, so that the next test starts as this one did.
  expectLive(await clouds.askFaulty({ 'cache-control': 'no-store' }));
  expect(clouds.faulty.requests).toHaveLength(1);
  const remembered = await clouds.askFaulty({ 'cache-control': 'only-if-cached' });
  expect(remembered.status).toBe(504);
}
