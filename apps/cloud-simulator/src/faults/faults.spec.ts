import { gunzipSync } from 'node:zlib';
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { startSimulator } from '../simulator.js';
import type { Simulator } from '../simulator.js';
import { ask, askWithToken, loginBody, openRequest, overSocket, pathTo, send, tokenFor } from '../testing/ask.js';
import type { Answer } from '../testing/ask.js';
import { THROTTLING_FORMS } from './throttling.js';

type FaultInput = Parameters<Simulator['control']['putFault']>[1];

const PATH = pathTo.dms('8abfa7b272adc5b40172b73130065ae7');
const MIB = 1024 ** 2;

describe('faults', () => {
  let simulator: Simulator;
  let token: string;
  let healthy: Answer;
  beforeAll(async () => {
    simulator = await startSimulator();
  });
  beforeEach(async () => {
    token = tokenFor(simulator);
    healthy = await look();
    expect(healthy.status).toBe(200);
  });
  afterEach(() => simulator.control.reset());
  afterAll(() => simulator.close());

  const look = (): Promise<Answer> => askWithToken(simulator, PATH, token);
  const put = (fault: FaultInput): void => simulator.control.putFault('dms', fault);
  const wire = (): ReturnType<typeof overSocket> => overSocket(simulator, PATH, token);

  it('meet one service only, and so many requests as they are told', async () => {
    put({ kind: 'empty', status: 500, times: 2 });
    expect((await askWithToken(simulator, pathTo.ims('ff8080814dbd65d7014dbe0d84db0013'), token)).status).toBe(200);
    expect([(await look()).status, (await look()).status, (await look()).status]).toEqual([500, 500, 200]);
    put({ kind: 'empty', status: 500 });
    simulator.control.clearFaults('ims');
    expect((await look()).status).toBe(500);
    simulator.control.clearFaults('dms');
    expect((await look()).status).toBe(200);
  });

  it('meet logins, too', async () => {
    simulator.control.putFault('iam', { kind: 'unavailable' });
    const { status, body } = await send(simulator, 'POST', '/iam/v3/auth/tokens', loginBody(undefined));
    expect([status, body]).toMatchObject([503, { error: { code: 503, title: 'Service Unavailable' } }]);
  });

  it('latency: the right answer, later', async () => {
    put({ kind: 'latency', ms: 5 });
    expect((await look()).text).toBe(healthy.text);
  });

  it.each([
    ['APIGW.0308', 429, { error_code: 'APIGW.0308', request_id: expect.any(String) }],
    ['APIG.0308', 429, { error_code: 'APIG.0308' }],
    ['DMS.10240407', 404, { error_code: 'DMS.10240407' }],
    ['Common.0024', 202, { error: { code: 'Common.0024' } }],
    ['Common.1503', 503, { error: { code: 'Common.1503' } }],
    ['CCE.01429002', 429, { errorCode: 'CCE.01429002' }],
    ['keystone', 429, { error: { code: 429 } }],
  ])('throttling: %s', async (form, status, body) => {
    expect(THROTTLING_FORMS).toContain(form);
    put({ kind: 'throttling', form, retryAfter: '-garbage' });
    const answer = await look();
    expect([answer.status, answer.body]).toMatchObject([status, body]);
    expect(answer.headers.get('retry-after')).toBe('-garbage');
    put({ kind: 'throttling', form });
    expect((await look()).headers.get('retry-after')).toBeNull();
  });

  it('error: anything', async () => {
    put({ kind: 'error', status: 418, body: { error: {} }, headers: { 'X-Request-Id': 'mine' } });
    const answer = await look();
    expect([answer.status, answer.body, answer.headers.get('x-request-id')]).toEqual([418, { error: {} }, 'mine']);
    put({ kind: 'error', text: '{"a":', headers: { 'content-type': 'text/plain' } });
    expect([(await look()).status, (await look()).text]).toEqual([500, '{"a":']);
    put({ kind: 'error', base64: Buffer.from([0xff, 0xfe]).toString('base64') });
    const bytes = await (await fetch(simulator.url + PATH)).arrayBuffer();
    expect([...new Uint8Array(bytes)]).toEqual([0xff, 0xfe]);
  });

  it('unavailable, html, redirect, empty', async () => {
    put({ kind: 'unavailable' });
    expect([(await look()).status, (await look()).body]).toMatchObject([502, { error_code: 'APIGW.0202' }]);
    put({ kind: 'html' });
    const html = await look();
    expect([html.status, html.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(html.text).toContain('XHTML 1.0');
    put({ kind: 'redirect', location: 'http://elsewhere.example/' });
    const redirect = await look();
    expect([redirect.status, redirect.headers.get('location')]).toEqual([302, 'http://elsewhere.example/']);
    put({ kind: 'empty' });
    expect([(await look()).status, (await look()).text]).toEqual([200, '']);
  });

  it('drip: the right answer, byte by byte', async () => {
    put({ kind: 'drip', bytesPerSecond: 20_000 });
    const sizes: number[] = [];
    const socket = openRequest(simulator, PATH, token);
    let text = '';
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      sizes.push(chunk.length);
      text += chunk.toString();
      if (text.endsWith(healthy.text)) break;
    }
    expect(text).toContain(`Content-Length: ${healthy.text.length}\r\n`);
    expect(sizes.length).toBeGreaterThan(2);
  });

  it('hang: accepts, and never answers', async () => {
    put({ kind: 'hang' });
    const socket = openRequest(simulator, PATH, token);
    let received = 0;
    socket.on('data', (chunk: Buffer) => (received += chunk.length));
    // Whatever the first request would have got has come before the answer to the second.
    await new Promise((resolve) => socket.once('connect', resolve));
    while (simulator.control.requests('dms').length < 2) await roundTrip();
    expect(received).toBe(0);
    expect(socket.readyState).toBe('open');
    socket.destroy();
  });

  it('hang-after-headers: begins to answer, and stops', async () => {
    put({ kind: 'hang-after-headers' });
    const socket = openRequest(simulator, PATH, token);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => socket.once('data', resolve));
    await roundTrip();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text.endsWith('\r\n\r\n')).toBe(true);
    expect(text).toContain(`Content-Length: ${healthy.text.length}\r\n`);
    expect(socket.readyState).toBe('open');
    socket.destroy();
  });

  it('reset: half of the body, then RST', async () => {
    put({ kind: 'reset' });
    const { text, end } = await wire();
    expect(end).toBe('reset');
    expect(text).toContain(`Content-Length: ${healthy.text.length}\r\n`);
    await expect(look()).rejects.toThrow();
  });

  it('truncated: half of the body, then FIN', async () => {
    put({ kind: 'truncated' });
    const { text, end } = await wire();
    expect(end).toBe('closed');
    const half = healthy.text.slice(0, Math.ceil(healthy.text.length / 2));
    expect(text).toContain(`Content-Length: ${healthy.text.length}\r\n`);
    expect(text.endsWith(`\r\n\r\n${half}`)).toBe(true);
    await expect(look()).rejects.toThrow();
  });

  it('oversized: the right answer, padded, without saying how long', async () => {
    put({ kind: 'oversized', bytes: 3 * MIB });
    const { text, body, headers } = await look();
    expect(text).toHaveLength(3 * MIB);
    expect(body).toEqual(healthy.body);
    expect(headers.get('content-length')).toBeNull();
  });

  it('gzip-bomb: little on the wire', async () => {
    put({ kind: 'gzip-bomb', bytes: 32 * MIB });
    const packed = await new Promise<Buffer>((resolve, reject) => {
      const chunks: Buffer[] = [];
      const options = { headers: { 'X-Auth-Token': token } };
      request(simulator.url + PATH, options, (response) => {
        expect(response.headers['content-encoding']).toBe('gzip');
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)));
      })
        .on('error', reject)
        .end();
    });
    expect(packed.length).toBeLessThan(MIB / 8);
    expect(gunzipSync(packed)).toHaveLength(32 * MIB);
  });

  it('close-idle: a whole answer that promises to keep the connection, then FIN', async () => {
    put({ kind: 'close-idle' });
    const { text, end } = await wire();
    expect(end).toBe('closed');
    expect(text).toMatch(/\r\nConnection: keep-alive\r\n/i);
    expect(text.endsWith(healthy.text)).toBe(true);
  });

  it('are over when the caller hangs up', async () => {
    for (const fault of [
      { kind: 'latency', ms: 3_600_000 },
      { kind: 'drip', bytesPerSecond: 1 },
      { kind: 'oversized', bytes: 1024 * MIB },
      { kind: 'gzip-bomb', bytes: 1024 * MIB },
    ] as const) {
      put({ ...fault, times: 1 });
      const before = simulator.control.requests('dms').length;
      const socket = openRequest(simulator, PATH, token);
      while (simulator.control.requests('dms').length === before) await roundTrip();
      socket.destroy();
      expect((await look()).status).toBe(200);
    }
  });

  it.each([
    [{ kind: 'fire' }, /kind must be one of latency, throttling, error/],
    [{ kind: 'latency' }, /ms must be an integer/],
    [{ kind: 'latency', ms: 1, times: 0 }, /times/],
    [{ kind: 'throttling', form: '429' }, /form must be one of APIGW\.0308/],
    [{ kind: 'throttling', retryAfter: 'a\nb' }, /retryAfter/],
    [{ kind: 'error' }, /exactly one of body, text and base64/],
    [{ kind: 'error', body: 1, text: '' }, /exactly one/],
    [{ kind: 'error', body: 1, headers: { 'a b': 'c' } }, /headers: "a b"/],
    [{ kind: 'redirect' }, /location/],
    [{ kind: 'hang', ms: 1 }, /ms is not known here/],
  ])('are not made of %j', (fault, message) => {
    expect(() => put(fault as FaultInput)).toThrow(message);
  });

  it('are not made for unknown services', () => {
    expect(() => simulator.control.putFault('nobody', { kind: 'hang' })).toThrow(
      `one of iam, ${PROVIDERS.map(({ id }) => id).join(', ')}`,
    );
  });

  /** A round trip that no fault meets. */
  function roundTrip(): Promise<Answer> {
    return ask(simulator, '/_control/clock');
  }
});
