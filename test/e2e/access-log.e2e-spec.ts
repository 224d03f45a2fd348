import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { eventually } from '../support/eventually.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';

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

it('access log: one line for each request, without what callers put into its URL', async () => {
  await gateway.get('/tasks/ims/ff8080814dbd65d7014dbe0d84db0013?projectId=ac234de25c6741d2b1273da49eea1b9e', {
    'x-request-id': 'logged-1',
    traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
  });
  await eventually(() => linesOf('logged-1').length > 0);
  const line = [
    {
      level: 30,
      time: expect.any(String),
      requestId: 'logged-1',
      traceId: TRACE,
      method: 'GET',
      route: '/tasks/:provider/:id',
      provider: 'ims',
      region: 'eu-demo-1',
      status: 200,
      cache: 'task-gateway; fwd=uri-miss; stored',
      ms: expect.any(Number),
    },
  ];
  expect(linesOf('logged-1')).toEqual(line);

  // The same of what is stored, which another path answers.
  await gateway.get('/tasks/ims/ff8080814dbd65d7014dbe0d84db0013?projectId=ac234de25c6741d2b1273da49eea1b9e', {
    'x-request-id': 'logged-4',
    traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
  });
  await eventually(() => linesOf('logged-4').length > 0);
  const cache = expect.stringMatching(/^task-gateway; hit; ttl=\d+$/) as unknown;
  expect(linesOf('logged-4')).toEqual([{ ...line[0], requestId: 'logged-4', cache }]);
});

it('access log, failed lookup: the problem, and the error body of the upstream', async () => {
  gateway.simulator.control.putFault('dms', {
    kind: 'error',
    status: 500,
    body: { error_code: 'DMS.50150000', error_msg: 'Internal error.' },
  });
  const reply = await gateway.get('/tasks/dms/9abfa7b272adc5b40172b73130065ae7', { 'x-request-id': 'logged-5' });
  gateway.simulator.control.clearFaults('dms');
  await eventually(() => linesOf('logged-5').length > 0);
  expect(linesOf('logged-5')).toEqual([
    expect.objectContaining({
      traceId: String(reply.headers['traceparent']).split('-')[1],
      provider: 'dms',
      region: 'eu-demo-1',
      status: 502,
      code: 'UPSTREAM_ERROR',
      upstreamStatus: 500,
      upstreamCode: 'DMS.50150000',
    }),
  ]);
});

it('access log, wrong request: the violations', async () => {
  for (const [id, path, code] of [
    ['logged-6', '/tasks/dms/no..id', 'VALIDATION_FAILED'],
    ['logged-7', '/nowhere', 'ROUTE_NOT_FOUND'],
    // The framework refuses it before it knows of any hook.
    ['logged-8', '/tasks/dms/%zz', 'VALIDATION_FAILED'],
  ] as const) {
    const { status } = await gateway.get(path, { 'x-request-id': id });
    await eventually(() => linesOf(id).length > 0);
    expect(linesOf(id)).toEqual([expect.objectContaining({ status, code })]);
  }
});

it('access log, caller who left before the answer: one line', async () => {
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
