import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from '@jest/globals';
import { build } from 'esbuild';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { needing } from '../support/needing.js';
import { steppedTask } from './living-task.js';
import { startSite } from './site.js';
import type { Site } from './site.js';

const MISSING = { provider: 'apig', id: '00000000000000000000000000000000' };
const { it } = needing('browser');

/** A program for a page, with React and the package as applications have them. */
async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [resolve(`test/client/pages/${name}.js`)],
    bundle: true,
    format: 'esm',
    write: false,
    define: { 'process.env.NODE_ENV': '"development"' },
    alias: Object.fromEntries(
      ['/tanstack-query', '/react', ''].map((entry) => [
        `@task-gateway/client${entry}`,
        resolve(`libs/client/dist${entry === '' ? '/index' : entry}.js`),
      ]),
    ),
  });
  return outputFiles[0]?.text ?? '';
}

let site: Site;
let gateway: Gateway;
let folder: string;
let browser: BrowserContext;
let page: Page;
let asked: string[];

beforeAll(async () => {
  const [react, query] = await Promise.all(['react', 'tanstack-query'].map(bundle));
  const html = (script: string) =>
    `<!doctype html><title>Tasks</title><div id="root"></div><script type="module" src="${script}"></script>`;
  site = await startSite({
    '/react': ['text/html', () => html('/react.js')],
    '/react.js': ['text/javascript', () => react ?? ''],
    '/tanstack-query': ['text/html', () => html('/tanstack-query.js')],
    '/tanstack-query.js': ['text/javascript', () => query ?? ''],
  });
  gateway = await startGateway({ config: { server: { corsOrigins: [site.origin] } } });
  folder = await mkdtemp(join(tmpdir(), 'chromium-'));
  browser = await launchBrowser(folder);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
  await gateway.close();
  await site.close();
});
beforeEach(async () => {
  page = await browser.newPage();
  asked = [];
  page.on('request', (request) => {
    if (request.method() === 'GET' && request.url().startsWith(`${gateway.url}/tasks`)) asked.push(request.url());
  });
});
afterEach(() => page.close());

async function begin(path: string, ref: object | null): Promise<void> {
  await page.goto(site.origin + path);
  await page.evaluate(`begin(${JSON.stringify({ baseUrl: gateway.url, ref })})`);
}
const shown = (): Promise<readonly string[]> => page.evaluate('shown');
const isShown = (text: string) => eventually(async () => (await shown()).at(-1) === text);

describe('useTask', () => {
  it('a task: shown as it lives, under StrictMode', async () => {
    const { ref, step } = steppedTask(gateway);
    await begin('/react', ref);
    await isShown(`${ref.id} live pending -`);
    await step();
    await isShown(`${ref.id} live running -`);
    await step();
    await isShown(`${ref.id} done succeeded -`);
    expect(await shown()).toEqual([
      '- pending - -',
      `${ref.id} live pending -`,
      `${ref.id} live running -`,
      `${ref.id} done succeeded -`,
    ]);
  });

  it('another reference: begins anew; none is idle, and one that cannot be followed tells why', async () => {
    const [first, second] = [steppedTask(gateway), steppedTask(gateway)];
    await begin('/react', null);
    await isShown('- idle - -');
    for (const { ref } of [first, second]) {
      await page.evaluate(`setRef(${JSON.stringify(ref)})`);
      await isShown(`${ref.id} live pending -`);
    }
    await page.evaluate(`setRef(${JSON.stringify(MISSING)})`);
    await isShown('- error - TASK_NOT_FOUND');
    await page.evaluate('setRef(null)');
    await isShown('- idle - -');
    // Never the state of one under the name of the other.
    expect((await shown()).filter((text) => text.startsWith(first.ref.id))).toEqual([`${first.ref.id} live pending -`]);
  });

  it('a component that is gone: ends the stream', async () => {
    const { ref } = steppedTask(gateway);
    const stream = page.waitForRequest(`${gateway.url}/tasks/events`);
    await begin('/react', ref);
    const opened = await stream;
    const over = page.waitForEvent('requestfailed', (request) => request === opened);
    await opened.response();
    await page.evaluate('leave()');
    await over;
  });
});

describe('taskQueryOptions', () => {
  it('two components of one task: show it as it lives, by one wait', async () => {
    const { ref, step } = steppedTask(gateway);
    await begin('/tanstack-query', ref);
    await isShown(`${ref.id} success fetching pending -`);
    await step();
    await isShown(`${ref.id} success fetching running -`);
    await step();
    await isShown(`${ref.id} success idle succeeded -`);
    const looks = asked.length;
    // What is done stays fresh.
    await page.evaluate(`queries.refetchQueries({ stale: true })`);
    expect(asked).toHaveLength(looks);
    expect((await shown())[0]).toBe('- pending fetching - -');
  });

  it('a task that is not there: its error, without another try', async () => {
    await begin('/tanstack-query', MISSING);
    await isShown('- error idle - TASK_NOT_FOUND');
    expect(await page.evaluate('queries.getQueryCache().getAll()[0].state.fetchFailureCount')).toBe(1);
  });

  it('components that are gone: end the stream, and the last state is kept', async () => {
    const { ref } = steppedTask(gateway);
    const stream = page.waitForRequest(`${gateway.url}/tasks/events`);
    await begin('/tanstack-query', ref);
    const opened = await stream;
    const over = page.waitForEvent('requestfailed', (request) => request === opened);
    await opened.response();
    await page.evaluate('leave()');
    await over;
    const kept = await page.evaluate(`queries.getQueryCache().getAll().map(({ state }) => state.data?.status)`);
    expect(kept).toEqual(['pending']);
  });
});
