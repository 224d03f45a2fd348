import { expect } from '@jest/globals';
import type { Gateway, Reply } from './gateway.js';
import type { TwoClouds } from './two-clouds.js';
import { TOKEN } from './two-clouds.js';

/** No log line, no reply body and no reply header holds any of these. */
export function expectNoLeak(gateway: Gateway, ...secrets: readonly string[]): void {
  const output = gateway.output();
  expect(secrets.filter((secret) => output.includes(secret))).toEqual([]);
}

/** The upstream was asked for this answer, and nobody's memory. */
export function expectLive({ status, body, headers }: Reply): void {
  expect({ status, source: body['source'], cache: headers['cache-status'] }).toEqual({
    status: 200,
    source: 'live',
    cache: expect.stringMatching(/^task-gateway; fwd=/),
  });
}

/** Whatever happened to one service, the gateway is ready, serves the others and has told nobody's secret. */
export async function expectContained({ gateway, faulty, sound, askSound }: TwoClouds): Promise<void> {
  expectLive(await askSound());
  expect((await gateway.get('/readyz')).body).toMatchObject({ status: 'ready' });
  expectNoLeak(gateway, TOKEN, faulty.address, sound.address);
}
