import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OperationsListener } from '../../apps/gateway/src/operations/operations-listener.js';
import { eventually } from '../support/eventually.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { send, talk } from '../support/http-client.js';
import type { Reply } from '../support/http-client.js';
import { connectAndWrite } from '../support/sockets.js';

const TOKEN = 'operator-token-of-32-characters-!';
const IMAGE = 'ff8080814dbd65d7014dbe0d84db0013';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({
    config: { admin: { port: 0, token: '${ADMIN_TOKEN}' } },
    secrets: { ADMIN_TOKEN: TOKEN },
  });
});
afterAll(() => gateway.close());

const portAt = ({ app }: Gateway): number => app.get(OperationsListener).address()?.port ?? 0;

/** Lines of requests, from now on. */
function auditOf({ logs }: Gateway): () => readonly { readonly audit?: string; readonly status?: number }[] {
  const before = logs.length;
  return () =>
    logs
      .slice(before)
      .map((line) => JSON.parse(line) as { readonly audit?: string })
      .filter(({ audit }) => audit === 'admin');
}

function ask(path: string, { token = TOKEN, method = 'DELETE', at = gateway } = {}): Promise<Reply> {
  return send(portAt(at), { method, path, headers: token === '' ? {} : { authorization: `Bearer ${token}` } });
}

describe('an operator', () => {
  it.each(['', 'x'.repeat(TOKEN.length), TOKEN.slice(1), `${TOKEN}, ${TOKEN}`])(
    'token %j: 401 without a reason',
    async (token) => {
      for (const path of [`/admin/cache/providers/ims`, '/admin/cache/providers/nowhere', '/nowhere']) {
        const reply = await ask(path, { token });
        expect(reply.status).toBe(401);
        expect(reply.headers['www-authenticate']).toBe('Bearer realm="task-gateway admin"');
        expect(reply.body).toMatchObject({ code: 'UNAUTHENTICATED' });
      }
    },
  );

  it.each([
    ['/admin/cache/providers/nowhere', 404, 'PROVIDER_NOT_FOUND'],
    ['/admin/cache/providers/constructor', 404, 'PROVIDER_NOT_FOUND'],
    ['/admin/cache/tasks/ims/..%2f', 400, 'VALIDATION_FAILED'],
    [`/admin/cache/tasks/ims/${IMAGE}?region=nowhere`, 400, 'VALIDATION_FAILED'],
    [`/admin/cache/tasks/ims/${IMAGE}?view=basic`, 400, 'VALIDATION_FAILED'],
    ['/admin/cache/scopes/ims?projectId=a%2Fb', 400, 'VALIDATION_FAILED'],
    ['/admin/cache/providers/ims?region=eu-demo-1', 400, 'VALIDATION_FAILED'],
    ['/admin/proofs/short', 400, 'VALIDATION_FAILED'],
    [`/admin/proofs/${'p'.repeat(43)}?provider=ims`, 400, 'VALIDATION_FAILED'],
    ['/admin/cache', 404, 'ROUTE_NOT_FOUND'],
    ['/admin/%zz', 400, 'VALIDATION_FAILED'],
    ['/tasks/ims/x', 404, 'ROUTE_NOT_FOUND'],
  ])('wrong path %s: its problem', async (path, status, code) => {
    const reply = await ask(path);
    expect(reply.headers['content-type']).toBe('application/problem+json');
    expect(reply.body).toMatchObject({ status, code });
  });

  it('any request, any log level: one audit line', async () => {
    const quiet = await startGateway({
      config: { server: { logLevel: 'silent' }, admin: { port: 0, token: '${ADMIN_TOKEN}' } },
      secrets: { ADMIN_TOKEN: TOKEN },
    });
    const stranger = 'x'.repeat(32);
    const asked = [
      ['/admin/cache/providers/ims', TOKEN, 200],
      ['/admin/cache/providers/ims', stranger, 401],
      ['/admin/%zz', stranger, 401],
      ['/admin/%zz', TOKEN, 400],
    ] as const;
    for (const [path, token, status] of asked) expect((await ask(path, { token, at: quiet })).status).toBe(status);
    const lines = quiet.logs.map((line) => JSON.parse(line) as { audit?: string; status?: number });
    await quiet.close();
    expect(lines.filter(({ audit }) => audit === 'admin').map(({ status }) => status)).toEqual([200, 401, 401, 400]);
    expect(lines.filter(({ audit }) => audit === 'purge')).toHaveLength(1);
  });

  it.each([
    [TOKEN, 'x'.repeat(32)],
    ['x'.repeat(32), TOKEN],
    [TOKEN, TOKEN],
  ])('two tokens, %s, %s: 401', async (...tokens) => {
    const headers = { authorization: tokens.map((token) => `Bearer ${token}`) };
    const reply = await send(portAt(gateway), { method: 'DELETE', path: '/admin/cache/providers/ims', headers });
    expect([reply.status, reply.body]).toMatchObject([401, { code: 'UNAUTHENTICATED' }]);
  });

  it('media type without a body: answered', async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const reply = await send(portAt(gateway), { method: 'DELETE', path: '/admin/cache/providers/ims', headers });
    expect(reply.status).toBe(200);
  });

  it.each([
    ['CONNECT a:1', '', 405, 'METHOD_NOT_ALLOWED'],
    ['DELETE /admin/cache/providers/ims', 'Expect: wonders\r\n', 400, 'VALIDATION_FAILED'],
  ])('%s %j: audited, and refused by the token first', async (asked, header, status, code) => {
    const auditors = auditOf(gateway);
    for (const [token, expected] of [
      [TOKEN, { status, code }],
      ['x'.repeat(32), { status: 401, code: 'UNAUTHENTICATED' }],
    ] as const) {
      const head = `${asked} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n${header}\r\n`;
      expect((await talk(portAt(gateway), head)).body).toMatchObject(expected);
    }
    await eventually(() => auditors().length === 2);
    expect(auditors().map((line) => line.status)).toEqual([status, 401]);
  });

  it('connection that ends before the reply: audited as 499', async () => {
    const auditors = auditOf(gateway);
    const head = `DELETE /admin/cache/providers/ims HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${TOKEN}\r\n`;
    const half = 'Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{';
    const socket = await connectAndWrite(portAt(gateway), `${head}${half}`);
    // What came before is read before what comes later.
    await ask('/nowhere');
    socket.destroy();
    await eventually(() => auditors().length === 2);
    expect(auditors().map(({ status }) => status)).toEqual([404, 499]);
  });

  it("tasks there, and purges at the callers' listener: 404", async () => {
    expect((await ask(`/tasks/ims/${IMAGE}`, { method: 'GET' })).status).toBe(404);
    const reply = await gateway.ask({ method: 'DELETE', path: '/admin/cache/providers/ims' });
    expect(reply.body).toMatchObject({ code: 'ROUTE_NOT_FOUND' });
  });

  it('listener that nobody configured: not there', async () => {
    const plain = await startGateway();
    expect(plain.app.get(OperationsListener).address()).toBeNull();
    await plain.close();
  });
});
