import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { request } from 'node:http';
import type { ServerResponse } from 'node:http';
import { TaskStreams } from '../../apps/gateway/src/watch/task-streams.js';
import { startBearerGateway, TASK } from '../support/bearer-gateway.js';
import type { BearerGateway } from '../support/bearer-gateway.js';
import { eventually } from '../support/eventually.js';

let bearer: BearerGateway;
beforeEach(async () => {
  bearer = await startBearerGateway();
});
afterEach(() => bearer.close());

it.each([
  ['one task', 'GET', `${TASK}/events`, undefined],
  ['many', 'POST', '/tasks/events', JSON.stringify({ tasks: [{ provider: 'ims', id: TASK.split('/').at(-1) }] })],
])('reader of %s who leaves while its token is checked: takes no place', async (_, method, path, body) => {
  const { gateway, issuer, good } = bearer;
  const held: ServerResponse[] = [];
  issuer.answer = (reply) => void held.push(reply);
  const leaves = new AbortController();
  const headers = { authorization: `Bearer ${await good()}`, 'content-type': 'application/json' };
  const outgoing = request({ port: gateway.port, host: '127.0.0.1', method, path, headers, signal: leaves.signal });
  outgoing.on('error', () => undefined).end(body);
  const streams = gateway.app.get(TaskStreams);
  const closed = new Promise((resolve) =>
    gateway.app
      .getHttpServer()
      .once('request', (_request: unknown, reply: ServerResponse) => reply.once('close', resolve)),
  );
  await eventually(() => held.length === 1);
  leaves.abort();
  await closed;
  issuer.answer = null;
  for (const reply of held)
    reply
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ issuer: issuer.url, jwks_uri: issuer.jwksUrl }));
  await eventually(() => issuer.asked.includes('/keys'));
  expect((await bearer.bearing(await good())).status).toBe(200);
  expect(streams.size).toBe(0);
});
