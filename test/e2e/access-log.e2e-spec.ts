import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { eventually } from '../support/eventually.js';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

interface Line {
  readonly requestId?: string;
}
const linesOf = (id: string): readonly Line[] =>
  gateway.logs.map((line) => JSON.parse(line) as Line).filter(({ requestId }) => requestId === id);

it('has one line for each request, without what callers put into its URL', async () => {
  await gateway.get('/tasks/ims/ff8080814dbd65d7014dbe0d84db0013?projectId=ac234de25c6741d2b1273da49eea1b9e', {
    'x-request-id': 'logged-1',
  });
  await eventually(() => linesOf('logged-1').length > 0);
  expect(linesOf('logged-1')).toEqual([
    {
      level: 30,
      time: expect.any(String),
      requestId: 'logged-1',
      method: 'GET',
      route: '/tasks/:provider/:id',
      provider: 'ims',
      status: 200,
      cache: 'task-gateway; fwd=uri-miss; stored',
      ms: expect.any(Number),
    },
  ]);
});

it('has one line for a caller who left before the answer', async () => {
  const { control } = gateway.simulator;
  control.putFault('dms', { kind: 'hang' });
  const leaving = request({
    port: gateway.port,
    path: '/tasks/dms/8abfa7b272adc5b40172b73130065ae7',
    headers: { 'x-request-id': 'logged-2' },
  });
  leaving.on('error', () => undefined);
  leaving.end();
  await eventually(() => gateway.asked().some((path) => path.includes('8abfa7b272adc5b40172b73130065ae7')));
  leaving.destroy();
  await eventually(() => linesOf('logged-2').length > 0);
  // Whatever else the request would still write has been written when a later one is logged.
  control.clearFaults('dms');
  await gateway.get('/livez', { 'x-request-id': 'logged-3' });
  await eventually(() => linesOf('logged-3').length > 0);
  expect(linesOf('logged-2')).toMatchObject([{ status: 499, route: '/tasks/:provider/:id', provider: 'dms' }]);
});
