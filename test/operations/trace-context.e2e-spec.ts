import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { startRecordingCloud } from './support/recording-cloud.js';
import type { RecordingCloud } from './support/recording-cloud.js';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

let cloud: RecordingCloud;
let gateway: Gateway;
beforeAll(async () => {
  cloud = await startRecordingCloud();
  gateway = await startGateway({ config: cloud.config });
});
afterAll(async () => {
  await gateway.close();
  await cloud.close();
});

let tokens = 0;
/** Asks with a token that nobody has used yet, so that nothing is stored for it. */
async function askedWith(headers: Readonly<Record<string, string>>, path = cloud.path) {
  tokens += 1;
  const reply = await gateway.get(path, { 'x-auth-token': `token-${tokens}`, ...headers });
  expect(reply.status).toBe(200);
  const { traceparent, tracestate } = cloud.asked.at(-1) ?? {};
  return { traceparent, tracestate };
}

describe('trace context without an endpoint for spans', () => {
  it("caller's context: goes upstream as it came", async () => {
    const given = { traceparent: TRACE, tracestate: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7' };
    expect(await askedWith(given)).toEqual(given);
  });

  it('no context, or a malformed one: none goes upstream', async () => {
    const none = { traceparent: undefined, tracestate: undefined };
    expect(await askedWith({})).toEqual(none);
    expect(await askedWith({ traceparent: '00-0-0-01', tracestate: 'a=1' })).toEqual(none);
    expect(await askedWith({ tracestate: 'a=1' })).toEqual(none);
  });

  it.each(['x'.repeat(513), 'caf\u00e9=1'])('state that nobody has to take (%s): stays here', async (tracestate) => {
    expect(await askedWith({ traceparent: TRACE, tracestate })).toEqual({ traceparent: TRACE, tracestate: undefined });
  });

  it('requests for many: their context goes upstream, too', async () => {
    const body = { tasks: [{ provider: 'ims', id: cloud.path.slice(11) }] };
    await gateway.post('/tasks/batch-get', body, { 'x-auth-token': 'of-the-batch', traceparent: TRACE });
    expect(cloud.asked.at(-1)?.['traceparent']).toBe(TRACE);
  });

  it('attempt after one that failed: carries it again', async () => {
    cloud.failures.push(503);
    const before = cloud.asked.length;
    await askedWith({ traceparent: TRACE });
    expect(cloud.asked.slice(before).map(({ traceparent }) => traceparent)).toEqual([TRACE, TRACE]);
  });
});
