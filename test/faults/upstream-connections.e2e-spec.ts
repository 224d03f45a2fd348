import { afterEach, describe, expect, it } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { freePort } from '../support/redis-server.js';
import { head, wellBehaved, wellBehavedOnce } from './support/answers.js';
import { eventually } from '../support/eventually.js';
import { expectContained, expectLive } from './support/expectations.js';
import { expectProblem } from './support/problem.js';
import { startRawUpstream } from './support/raw-upstream.js';
import { startTwoClouds } from './support/two-clouds.js';
import type { TwoClouds, TwoCloudsOptions } from './support/two-clouds.js';

const RELOAD = { 'cache-control': 'no-cache' };

let clouds: TwoClouds;
async function start(options: TwoCloudsOptions = {}): Promise<TwoClouds> {
  clouds = await startTwoClouds(options);
  return clouds;
}
afterEach(async () => {
  await expectContained(clouds);
  await clouds.close();
});

/** Counts connections to a host that do not come about; nobody is there who could count them. */
async function failedConnections(host: string, work: () => Promise<void>): Promise<number> {
  let count = 0;
  const note = (message: unknown): void => {
    const { connectParams } = message as {
      readonly connectParams: { readonly hostname: string; readonly port: string };
    };
    if (`${connectParams.hostname}:${connectParams.port}` === host) count += 1;
  };
  subscribe('undici:client:connectError', note);
  try {
    await work();
  } finally {
    unsubscribe('undici:client:connectError', note);
  }
  return count;
}

describe('connection that fails: three attempts', () => {
  it('refused, until somebody listens', async () => {
    const port = await freePort();
    const { gateway, askFaulty } = await start({ endpoint: `http://127.0.0.1:${port}` });
    const failed = await failedConnections(`127.0.0.1:${port}`, async () =>
      expectProblem(gateway, await askFaulty(), {
        slug: 'upstream-unreachable',
        detail: 'The upstream refused the connection.',
        provider: 'ims',
      }),
    );
    expect(failed).toBe(3);
    expect(gateway.output()).not.toContain(`:${port}`);
    const late = await startRawUpstream(wellBehaved, { port });
    expectLive(await askFaulty());
    await late.close();
  });

  it('name that does not exist', async () => {
    // A label of more than 63 characters exists in no network, and no server has to be asked for it.
    const host = `${'x'.repeat(64)}.example`;
    const { gateway, askFaulty } = await start({ endpoint: `http://${host}:81` });
    const failed = await failedConnections(`${host}:81`, async () =>
      expectProblem(gateway, await askFaulty(), {
        slug: 'upstream-unreachable',
        detail: 'The host name of the upstream could not be resolved.',
        provider: 'ims',
      }),
    );
    expect(failed).toBe(3);
    expect(gateway.output()).not.toContain('x'.repeat(64));
  });
});

describe('upstream too slow: one attempt, then cut off', () => {
  const timeout = {
    slug: 'upstream-timeout',
    detail: 'The upstream did not answer in time.',
    provider: 'ims',
  } as const;

  it('silent after the request', async () => {
    const { gateway, faulty, askFaulty } = await start({ upstream: { attemptMs: 500 } });
    faulty.behave(() => undefined);
    expectProblem(gateway, await askFaulty(), timeout);
    expect(faulty.requests).toHaveLength(1);
    await eventually(() => faulty.open() === 0);
    faulty.behave(wellBehaved);
    expectLive(await askFaulty());
  });

  it('headers, then one byte after the other', async () => {
    const { gateway, faulty, askFaulty } = await start({ upstream: { attemptMs: 500 } });
    let sent = 0;
    faulty.behave(({ socket }) => {
      socket.write(head(200, 'Content-Length: 4000'));
      const drip = setInterval(() => socket.write(' ', () => (sent += 1)), 5);
      socket.on('close', () => clearInterval(drip));
    });
    expectProblem(gateway, await askFaulty(), timeout);
    expect(faulty.requests).toHaveLength(1);
    // It never was silent for long: no clock that starts anew with each byte would have ended this.
    expect(sent).toBeGreaterThan(1);
    await eventually(() => faulty.open() === 0);
    faulty.behave(wellBehaved);
    expectLive(await askFaulty());
  });

  it('one deadline for all attempts together', async () => {
    const { gateway, faulty, askFaulty } = await start({ upstream: { attemptMs: 500, requestMs: 500 } });
    // The first two break at once, so that they are repeated.
    faulty.behave(({ socket, request }) => void (request < 3 && socket.resetAndDestroy()));
    expectProblem(gateway, await askFaulty(), timeout);
    expect(faulty.requests).toHaveLength(3);
    await eventually(() => faulty.open() === 0);
  });
});

describe('a kept connection that the upstream closes', () => {
  it('idle: replaced', async () => {
    const { faulty, askFaulty } = await start();
    faulty.behave((exchange) => {
      wellBehaved(exchange);
      exchange.socket.end();
    });
    expectLive(await askFaulty(RELOAD));
    await eventually(() => faulty.open() === 0);
    expectLive(await askFaulty(RELOAD));
    expect([faulty.requests.length, faulty.connections()]).toEqual([2, 2]);
  });

  it('in the moment of its next use: replaced without an effect on the reply', async () => {
    const { faulty, askFaulty } = await start({ upstream: { retries: 0 } });
    faulty.behave((exchange) => {
      if (exchange.requestOfConnection === 1) wellBehaved(exchange);
      else exchange.socket.resetAndDestroy();
    });
    for (let round = 0; round < 3; round += 1) expectLive(await askFaulty(RELOAD));
    expect([faulty.requests.length, faulty.connections()]).toEqual([5, 3]);
  });

  it('Connection: close: not used again', async () => {
    const { faulty, askFaulty } = await start();
    faulty.behave(wellBehavedOnce);
    for (let round = 0; round < 3; round += 1) expectLive(await askFaulty(RELOAD));
    expect([faulty.requests.length, faulty.connections()]).toEqual([3, 3]);
  });
});
