import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { send } from '../support/http-client.js';
import { OPENAPI } from '../support/openapi.js';
import { expectProblem } from '../support/problems.js';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());
afterEach(() => {
  expect(gateway.simulator.control.requests()).toEqual([]);
});

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'];
const ROUTES = Object.entries(OPENAPI.paths).map(([path, methods]) => ({
  path: path.replaceAll(/\{\w+\}/g, 'x'),
  allowed: 'get' in methods ? ['GET', 'HEAD'] : Object.keys(methods).map((method) => method.toUpperCase()),
}));

describe('a method that a route does not have', () => {
  const cases = ROUTES.flatMap(({ path, allowed }) =>
    METHODS.filter((method) => !allowed.includes(method)).map((method) => ({ method, path, allowed })),
  );

  it.each(cases.filter(({ method }) => method !== 'HEAD'))('$method $path', async ({ method, path, allowed }) => {
    const reply = await gateway.ask({ method, path });
    const detail = `Only ${allowed.join(', ')} can be used here.`;
    expectProblem(gateway, reply, 'method-not-allowed', { detail });
    expect(reply.headers.allow).toBe(allowed.join(', '));
  });

  it('HEAD of a route that only takes POST', async () => {
    const reply = await gateway.head('/tasks/batch-get');
    expect(reply.status).toBe(405);
    expect(reply.headers).toMatchObject({ allow: 'POST', 'content-type': 'application/problem+json' });
    expect(reply.text).toBe('');
  });
});

describe('the root', () => {
  it.each(['GET', 'HEAD'])('%s: leads a browser to the documentation', async (method) => {
    const reply = await send(gateway.port, { method, path: '/' });
    expect([reply.status, reply.headers.location, reply.text]).toEqual([302, '/docs', '']);
    const docs = await send(gateway.port, { path: '/docs' });
    expect([docs.status, docs.headers['content-type']]).toEqual([200, 'text/html']);
  });

  it.each(['DELETE', 'POST', 'OPTIONS'])('%s: 405 that names the methods', async (method) => {
    const reply = await gateway.ask({ method, path: '/' });
    expectProblem(gateway, reply, 'method-not-allowed', { detail: 'Only GET, HEAD can be used here.' });
    expect(reply.headers.allow).toBe('GET, HEAD');
  });
});

describe('a path that leads nowhere', () => {
  it.each([
    '/favicon.ico',
    '/tasks',
    '/tasks/',
    '/tasks/ims',
    '/tasks/ims/x/',
    '/tasks/ims/x/artefact',
    '/livez/',
    '/LIVEZ',
    '/Tasks/ims/x',
    '/providers/ims/x',
    '/.env',
    '/docs-json',
    '/docs-yaml',
    '/docs/nothing',
    '/docs/../livez',
    '/docs/..%2f..%2fpackage.json',
    '/docs/%2e%2e/%2e%2e/package.json',
    '/metrics',
    '*',
  ])('%s', async (path) => {
    for (const method of ['GET', 'DELETE']) {
      const reply = await gateway.ask({ method, path });
      if (method === 'DELETE' && path.startsWith('/docs/')) continue;
      expectProblem(gateway, reply, 'route-not-found', { detail: 'Nothing is served at this path.' });
    }
  });

  it('any Host: the same', async () => {
    const reply = await gateway.get('/nowhere', { host: 'evil.example.com' });
    expectProblem(gateway, reply, 'route-not-found', { detail: 'Nothing is served at this path.' });
  });
});
