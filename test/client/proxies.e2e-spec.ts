import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser.js';
import { startGateway } from '../support/gateway.js';
import type { Gateway } from '../support/gateway.js';
import { needing } from '../support/needing.js';
import { startNginx } from '../support/nginx.js';
import type { Nginx } from '../support/nginx.js';
import { steppedTask } from './living-task.js';
import { startSite } from './site.js';
import type { Site } from './site.js';

const { describe, it } = needing('browser', 'nginx');

const GZIP = 'gzip on; gzip_min_length 1; gzip_proxied any; gzip_types text/event-stream application/json;';
const BUFFER = 'proxy_ignore_headers X-Accel-Buffering; proxy_buffering on; proxy_buffers 8 64k;';

describe('a page behind nginx', () => {
  let site: Site;
  let gateway: Gateway;
  let nginx: Nginx;
  let folder: string;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    site = await startSite({
      '/': ['text/html', () => '<!doctype html><title>Tasks</title>'],
      '/task-gateway-client.js': ['text/javascript', () => readFileSync('libs/client/dist/index.js', 'utf8')],
    });
    gateway = await startGateway({ config: { server: { corsOrigins: [site.origin] } } });
    nginx = await startNginx(gateway.port, ['', GZIP, BUFFER]);
    folder = await mkdtemp(join(tmpdir(), 'chromium-'));
    browser = await launchBrowser(folder);
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
    await nginx.stop();
    await gateway.close();
    await site.close();
  });
  afterEach(() => page.close());

  /** Watches a task that becomes the next thing when the page has seen what it is. */
  async function watch(baseUrl: string, options: object = {}) {
    const { ref, step } = steppedTask(gateway);
    const asked: string[] = [];
    page = await browser.newPage();
    await page.goto(site.origin);
    await page.exposeFunction('step', step);
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      const prefer = request.headers()['prefer'];
      if (request.method() !== 'OPTIONS')
        asked.push(
          [request.method(), pathname.replace(ref.id, 'id'), ...(prefer === undefined ? [] : [prefer])].join(' '),
        );
    });
    const code = `(async ({ options, ref }) => {
      const { TaskClient } = await import('/task-gateway-client.js');
      const states = [];
      for await (const task of new TaskClient(options).watch(ref)) {
        states.push(task.status);
        if (!task.done) void step();
      }
      return states;
    })(${JSON.stringify({ options: { baseUrl, ...options }, ref })})`;
    return { states: await page.evaluate(code), asked: asked.filter((what) => what.includes('/tasks/')) };
  }

  it.each([
    ['as it comes', 0],
    ['that compresses streams', 1],
  ])('%s: gets each state by its stream when it is there', async (_, index) => {
    expect(await watch(nginx.urls[index] ?? '')).toEqual({
      states: ['pending', 'running', 'succeeded'],
      asked: ['GET /tasks/dms/id', 'POST /tasks/events'],
    });
  });

  it('that keeps streams back: goes on by long polls', async () => {
    const { states, asked } = await watch(nginx.urls[2] ?? '', { firstByteMs: 500 });
    // The first step may be over when the page turns to long polls: no state between is owed.
    expect(states).toEqual(['pending', 'running', 'succeeded']);
    expect(asked.slice(0, 3)).toEqual(['GET /tasks/dms/id', 'POST /tasks/events', 'GET /tasks/dms/id wait=50']);
  });
});
