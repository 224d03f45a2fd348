import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { eventually } from '../support/eventually.js';
import { portOf } from '../support/http-client.js';
import { startLoggingGateway } from '../support/logging-gateway.js';

const SECRET = 'hunter2-of-the-test';
const TOKEN = 'MIIPlantedTokenThatMustNotLeak-0123456789';

/** What Node runs before the gateway: on SIGUSR2 it makes a mistake, with an error that holds a whole request. */
function mistaken(mistake: 'throw error' | 'void Promise.reject(error)'): readonly string[] {
  const program = `
    const { createRequire } = process.getBuiltinModule('node:module');
    // Not as it is: the stack names this text.
    const secret = ${JSON.stringify(SECRET.split('-'))}.join('-');
    process.on('SIGUSR2', () => {
      const { AxiosError } = createRequire(process.argv[1])('axios');
      const headers = { 'x-auth-token': secret };
      const error = new AxiosError('Request failed, password=' + secret, 'ERR_BAD_REQUEST', { headers });
      error.cause = new Error(secret);
      ${mistake};
    });`;
  return ['--import', `data:text/javascript,${encodeURIComponent(program)}`];
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.each(['throw error', 'void Promise.reject(error)'] as const)(
  'a mistake that nobody catches: %s',
  (mistake) => {
    it('logged once and without secrets, requests in flight are answered, and the process ends with 1', async () => {
      const upstream = createServer().listen(0, '127.0.0.1');
      await once(upstream, 'listening');
      cleanups.push(() => upstream.close());
      const endpoint = `http://127.0.0.1:${portOf(upstream)}/{service}`;
      const config = {
        regions: [{ name: 'eu', endpoint, credentials: { mode: 'passthrough' } }],
        providers: [{ id: 'ims', projectId: 'p' }],
      };
      const gateway = await startLoggingGateway(cleanups, 'pipe', config, mistaken(mistake));
      const output = { out: '', err: '' };
      gateway.child.stdout?.setEncoding('utf8').on('data', (text: string) => (output.out += text));
      gateway.child.stderr?.setEncoding('utf8').on('data', (text: string) => (output.err += text));
      const closed = once(gateway.child, 'close');
      const reply = fetch(`${gateway.url}/tasks/ims/task-1`, { headers: { 'x-auth-token': TOKEN } });
      const [, response] = (await once(upstream, 'request')) as [unknown, ServerResponse];

      gateway.child.kill('SIGUSR2');
      await eventually(() => output.out.includes('"level":60'));
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ job_id: 'task-1', status: 'SUCCESS' }));

      expect((await reply).status).toBe(200);
      expect(await gateway.ended).toEqual({ code: 1, signal: null });
      await closed;
      const { out, err } = output;
      const fatal = out.split('\n').filter((line) => line.startsWith('{"level":60'));
      expect(fatal.map((line) => JSON.parse(line) as unknown)).toEqual([
        expect.objectContaining({
          msg: expect.stringMatching(/^Nobody caught AxiosError: Request failed, password=/) as unknown,
        }),
      ]);
      expect(out + err).not.toContain(SECRET);
      expect(out + err).not.toContain(TOKEN);
      expect(err).toBe('');
    }, 60_000);
  },
);
