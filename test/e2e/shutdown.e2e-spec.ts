import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { portOf } from '../support/http-client.js';
import { run } from '../support/program.js';
import type { Program } from '../support/program.js';

const MAIN = resolve('dist/apps/gateway/src/main.js');
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

async function startGateway(upstream: string): Promise<{ readonly program: Program; readonly url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'shutdown-'));
  cleanups.push(() => rmSync(folder, { recursive: true }));
  const config = {
    regions: [
      { name: 'eu', endpoint: upstream, credentials: { mode: 'aksk', accessKey: 'a', secretKey: '${SECRET}' } },
    ],
    providers: [{ id: 'ims', projectId: 'p' }],
    upstream: { concurrency: REQUESTS, attemptMs: 60_000, requestMs: 60_000 },
  };
  writeFileSync(join(folder, 'gateway.yaml'), JSON.stringify(config));
  const program = run(MAIN, { cwd: folder, env: { PORT: '0', LOG_LEVEL: 'silent', SECRET: 'of-the-test' } });
  cleanups.push(async () => {
    program.signal('SIGKILL');
    await program.ended;
  });
  await program.prints('listens on');
  return { program, url: /http:\S+/.exec(program.out())?.[0] ?? '' };
}

/** Resolves once nobody listens there any more: that is how a signal shows its effect. */
async function closed(url: string): Promise<void> {
  const accepts = (): Promise<boolean> =>
    new Promise((answer) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        answer(true);
      });
      socket.once('error', () => answer(false));
    });
  while (await accepts());
}

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  it(`with ${REQUESTS} requests in flight loses none`, async () => {
    const upstream = await startHeldUpstream();
    const { program, url } = await startGateway(upstream.url);
    const replies = Array.from({ length: REQUESTS }, async (_, index) => {
      const response = await fetch(`${url}/tasks/ims/task-${index}`);
      return { status: response.status, task: (await response.json()) as unknown };
    });
    await upstream.holds(REQUESTS);
    program.signal(signal);
    await closed(url);
    upstream.release();
    expect(await Promise.all(replies)).toEqual(
      Array.from({ length: REQUESTS }, (_, index) => ({
        status: 200,
        task: expect.objectContaining({ id: `task-${index}`, status: 'succeeded' }) as unknown,
      })),
    );
    const { code, signal: by } = await program.ended;
    expect(code ?? by).toBe(signal);
    expect(program.err()).toBe('');
  }, 60_000);
});
