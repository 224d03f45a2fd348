import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page, Request } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { exampleOf } from './examples.js';
import { livingTask, SEEN } from './living-task.js';
import { needing } from '../support/needing.js';
import { startSite } from './site.js';
import type { Files, Site } from './site.js';

const { it } = needing('browser');
const FILES: Files = {
  '/': ['text/html', () => '<!doctype html><title>Tasks</title><pre id="shown"></pre>'],
  '/task-gateway-client.js': ['text/javascript', () => readFileSync('libs/client/dist/index.js', 'utf8')],
  '/scenario.js': ['text/javascript', () => readFileSync('test/client/scenario.js', 'utf8')],
  '/example.js': ['text/javascript', () => exampleOf('browser')],
};

let site: Site;
let origin: string;
let gateway: Gateway;
let folder: string;
let browser: BrowserContext;
let page: Page;

beforeAll(async () => {
  site = await startSite(FILES);
  ({ origin } = site);
  gateway = await startGateway({
    // Every look is to see the state of that very moment.
    config: { server: { corsOrigins: [origin] }, cache: { unfinishedTtlSeconds: 0 } },
  });
  folder = await mkdtemp(join(tmpdir(), 'chromium-'));
  browser = await launchBrowser(folder);
}, 60_000);
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
  await gateway.close();
  await site.close();
});
afterEach(() => page.close());

async function open(from = origin): Promise<void> {
  page = await browser.newPage();
  await page.goto(from);
}

function play(refs: object): Promise<unknown> {
  const code = `(async ({ baseUrl, refs }) => {
    const library = await import('/task-gateway-client.js');
    const { scenario } = await import('/scenario.js');
    return scenario(library, { baseUrl, refs }, () => tick());
  })(${JSON.stringify({ baseUrl: gateway.url, refs })})`;
  return page.evaluate(code);
}

it('a page of an allowed origin: waits with validators, reads a batch, a file and a problem', async () => {
  const { refs, tick } = livingTask(gateway);
  await open();
  await page.exposeFunction('tick', tick);
  const asked: Request[] = [];
  page.on('request', (request) => {
    if (request.method() === 'GET' && request.url().includes(refs.running.id)) asked.push(request);
  });
  expect(await play(refs)).toEqual(SEEN);
  // What it knows it does not get again; what browsers add by themselves would send every look to the upstream.
  const sent = await Promise.all(asked.map((request) => request.allHeaders()));
  expect(sent.map((headers) => 'if-none-match' in headers)).toEqual([false, true, true, true]);
  expect(sent.flatMap((headers) => headers['cache-control'] ?? [])).toEqual(Array(3).fill('max-age=31536000'));
}, 30_000);

it('connections that are lost: outlasted by the wait', async () => {
  const { refs, tick } = livingTask(gateway);
  await open();
  await page.exposeFunction('tick', tick);
  let lost = 0;
  await page.route(`${gateway.url}/tasks/dms/**`, (route) => {
    lost += 1;
    return lost <= 2 ? route.abort('connectionreset') : route.continue();
  });
  // The pauses after lost connections let time pass, too: the first look that arrives finds the task running.
  expect(await play(refs)).toEqual({ ...SEEN, updates: ['running', 'succeeded'] });
}, 30_000);

it('a page of an origin that is not allowed: gets a ConnectionError', async () => {
  await open(origin.replace('127.0.0.1', 'localhost'));
  const code = `import('/task-gateway-client.js').then(({ TaskClient }) =>
    new TaskClient({ baseUrl: '${gateway.url}' }).getTask({ provider: 'dms', id: 'x' })).catch(({ name }) => name)`;
  expect(await page.evaluate(code)).toBe('ConnectionError');
}, 30_000);

it('the documented example: shows the states of a task, and what it made', async () => {
  const { refs } = livingTask(gateway);
  gateway.simulator.control.advanceClock({ advanceMs: 2 * 3_600_000 });
  await open();
  await page.evaluate(`{
    globalThis.gatewayUrl = ${JSON.stringify(gateway.url)};
    globalThis.taskId = ${JSON.stringify(refs.running.id)};
    globalThis.show = (text) => { document.getElementById('shown').append(text + '\\n'); };
  }`);
  await page.addScriptTag({ url: '/example.js', type: 'module' });
  await page.waitForFunction(`document.getElementById('shown').textContent.includes(': ')`);
  expect(await page.textContent('#shown')).toMatch(/^succeeded \nsuccess: [\w-]+\n$/);
}, 30_000);
