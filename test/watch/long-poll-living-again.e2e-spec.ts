import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';

/** A pipeline that has ended, and can be run again. */
const DONE = '/tasks/gitlab-pipeline/1188200101';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

it('done task that can live again: answered at once, with 304 to who knows it as done', async () => {
  const first = await gateway.get(DONE, { prefer: 'wait=50' });
  expect([first.status, first.body]).toMatchObject([200, { done: true, pollAfterSeconds: null }]);
  for (const [known, status] of [
    [first.headers.etag, 304],
    ['W/"as-it-was-before"', 200],
  ] as const) {
    const reply = await gateway.get(DONE, { prefer: 'wait=50', 'if-none-match': String(known) });
    expect([reply.status, reply.headers['preference-applied'], reply.headers['retry-after']]).toEqual([
      status,
      'wait=50',
      undefined,
    ]);
  }
});
