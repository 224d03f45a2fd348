import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { startGatewayProgram } from '../support/gateway-program.js';
import { portOf } from '../support/http-client.js';
import { listenerClosed } from '../support/sockets.js';

const REQUESTS = 200;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface HeldUpstream {
  readonly url: string;
  /** Resolves when this many requests wait for their answer. */
  readonly holds: (count: number) => Promise<void>;
  readonly release: () => void;
}

/** An image service that answers when it is told to. */
async function startHeldUpstream(): Promise<HeldUpstream> {
  const held: { readonly id: string; readonly response: ServerResponse }[] = [];
  let awaited: { readonly count: number; readonly done: () => void } | undefined;
  const server = createServer((request, response) => {
    held.push({ id: request.url?.split('/').at(-1) ?? '', response });
    if (held.length === awaited?.count) awaited.done();
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    holds: (count) =>
      new Promise((done) => {
        awaited = { count, done };
        if (held.length >= count) done();
      }),
    release() {
      for (const { id, response } of held)
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ job_id: id, status: 'SUCCESS' }));
    },
  };
}

const configOf = (upstream: string): Readonly<Record<string, unknown>> => ({
  server: { drainSeconds: 0 },
  regions: [
    {
      name: 'eu',
      endpoint: `${upstream}/{service}`,
      credentials: { mode: 'aksk', accessKey: 'a', secretKey: '${SIMULATOR_PASSWORD}' },
    },
  ],
  providers: [{ id: 'ims', projectId: 'p' }],
  upstream: { concurrency: REQUESTS, attemptMs: 60_000, requestMs: 60_000 },
});

describe.each([
  ['SIGTERM', 1],
  ['SIGINT', 1],
  ['SIGTERM', 2],
] as const)('%s to a gateway of %i processes', (signal, processes) => {
  it(`${REQUESTS} requests in flight: none is lost`, async () => {
    const upstream = await startHeldUpstream();
    const { program, url, port, kill } = await startGatewayProgram({
      config: configOf(upstream.url),
      env: { GATEWAY_PROCESSES: String(processes) },
    });
    cleanups.push(kill);
    const replies = Array.from({ length: REQUESTS }, async (_, index) => {
      const response = await fetch(`${url}/tasks/ims/task-${index}`);
      return { status: response.status, task: (await response.json()) as unknown };
    });
    await upstream.holds(REQUESTS);
    program.signal(signal);
    await listenerClosed(port);
    upstream.release();
    expect(await Promise.all(replies)).toEqual(
      Array.from({ length: REQUESTS }, (_, index) => ({
        status: 200,
        task: expect.objectContaining({ id: `task-${index}`, status: 'succeeded' }) as unknown,
      })),
    );
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.err()).toBe('');
  }, 60_000);
});
