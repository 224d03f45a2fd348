import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';

const TASK = '/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

describe('Vary', () => {
  it('any reply about a task, asked for, stored or a problem: names Prefer once', async () => {
    for (const [status, method, path, headers] of [
      [200, 'GET', TASK, {}],
      [200, 'GET', TASK, {}],
      [200, 'HEAD', TASK, {}],
      [304, 'GET', TASK, { 'if-none-match': '*' }],
      [404, 'GET', '/tasks/apig/00000000000000000000000000000000', {}],
      [404, 'GET', '/tasks/nowhere/x', {}],
      [400, 'GET', `${TASK}?a=b`, {}],
    ] as const) {
      const reply = await gateway.ask({ method, path, headers });
      expect([reply.status, reply.headers.vary]).toEqual([status, 'X-Auth-Token, Prefer']);
    }
  });

  it('replies that do not depend on it: does not name Prefer', async () => {
    const batch = await gateway.post('/tasks/batch-get', { tasks: [{ provider: 'apig', id: TASK.slice(12) }] });
    const others = ['/tasks/apig/d9ce8c9eede54b3f841ec324fe0bfdc2/artifact', '/providers', '/livez', '/nowhere'];
    for (const reply of [batch, ...(await Promise.all(others.map((path) => gateway.get(path))))])
      expect(reply.headers.vary).toBe('X-Auth-Token');
  });
});
