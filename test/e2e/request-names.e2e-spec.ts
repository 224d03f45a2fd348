import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import type { Reply } from '../support/http-client.js';

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const PROBLEM = '/tasks/nowhere/x';

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.close());

const PATHS = [
  '/livez',
  '/providers',
  '/openapi.json',
  '/docs',
  '/tasks/ims/ff8080814dbd65d7014dbe0d84db0013',
  PROBLEM,
  '/nowhere',
  '/%zz',
];

/** Not every path is documented: this only looks at headers. */
async function look(path: string, headers: Readonly<Record<string, string | readonly string[]>> = {}): Promise<Reply> {
  return gateway.get(path, headers).catch(async () => {
    const { send } = await import('../support/http-client.js');
    return send(gateway.port, { path, headers });
  });
}

describe('X-Request-Id', () => {
  it.each(PATHS)('valid, %s: taken over', async (path) => {
    const { headers } = await look(path, { 'x-request-id': 'Frontend.42_~-' });
    expect(headers['x-request-id']).toBe('Frontend.42_~-');
  });

  it.each(PATHS)('missing, %s: made', async (path) => {
    const [one, two] = [await look(path), await look(path)].map(({ headers }) => headers['x-request-id']);
    expect(one).toMatch(new RegExp(`^${UUID}$`));
    expect(two).not.toBe(one);
  });

  it.each([
    ['empty', ''],
    ['too long', 'a'.repeat(129)],
    ['two', ['one', 'two']],
    ['with a blank', 'a b'],
    ['with markup', '<script>'],
    ['with quotes', '"}'],
    ['not ASCII', '\u00e4'],
  ])('%s: replaced', async (_, given) => {
    const { headers } = await gateway.get(PROBLEM, { 'x-request-id': given });
    expect(headers['x-request-id']).toMatch(new RegExp(`^${UUID}$`));
  });

  it('problem: repeats it, as the log does', async () => {
    const before = gateway.logs.length;
    const { body } = await gateway.get(PROBLEM, { 'x-request-id': 'of-a-problem' });
    expect(body).toMatchObject({
      requestId: 'of-a-problem',
      instance: expect.stringMatching(new RegExp(`^urn:uuid:${UUID}$`)) as unknown,
    });
    const lines = gateway.logs.slice(before).map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      expect.objectContaining({ requestId: 'of-a-problem', method: 'GET', route: '/tasks/:provider/:id', status: 404 }),
    ]);
  });

  it('a UUID: the instance of the problem', async () => {
    const id = '3b241101-e2bb-4255-8caf-4136c566a962';
    const { body } = await gateway.get(PROBLEM, { 'x-request-id': id });
    expect(body).toMatchObject({ requestId: id, instance: `urn:uuid:${id}` });
  });
});

describe('traceparent', () => {
  it.each(PATHS)('valid, %s: taken over', async (path) => {
    expect((await look(path, { traceparent: TRACE })).headers['traceparent']).toBe(TRACE);
  });

  it.each(PATHS)('missing, %s: made', async (path) => {
    const { traceparent } = (await look(path)).headers;
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(traceparent).not.toMatch(/-0+-/);
  });

  it('of a later version: may say more', async () => {
    const later = `cc${TRACE.slice(2)}-what-comes-later`;
    expect((await gateway.get('/livez', { traceparent: later })).headers['traceparent']).toBe(later);
  });

  it.each([
    ['empty', ''],
    ['garbage', 'garbage'],
    ['in upper case', TRACE.toUpperCase()],
    ['of version ff', `ff${TRACE.slice(2)}`],
    ['without a trace', '00-00000000000000000000000000000000-b7ad6b7169203331-01'],
    ['without a parent', '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01'],
    ['too short', TRACE.slice(0, -1)],
    ['too long for its version', `${TRACE}-more`],
    ['sent twice', [TRACE, TRACE]],
  ])('%s: replaced', async (_, given) => {
    const { traceparent } = (await gateway.get('/livez', { traceparent: given })).headers;
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(traceparent).not.toContain('0af7651916cd43dd8448eb211c80319c');
  });
});
