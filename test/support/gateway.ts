import { readFileSync } from 'node:fs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { parse } from 'yaml';
import { createApp } from '../../apps/gateway/src/app.js';
import { parseConfig } from '../../apps/gateway/src/config/load-config.js';
import { DEMO_PASSWORD } from '../../apps/cloud-simulator/src/accounts.js';
import { startSimulator } from '../../apps/cloud-simulator/src/simulator.js';
import type { Simulator } from '../../apps/cloud-simulator/src/simulator.js';
import { portOf, send } from './http-client.js';
import type { Ask, Reply, RequestHeaders } from './http-client.js';
import { contradictions } from './openapi.js';

export interface GatewayOptions {
  /** Sections that differ from those of the demo. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** What `${VARIABLES}` in these sections stand for. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** One of its own if left out. */
  readonly simulator?: Simulator;
}

/** A gateway on a real socket, and the clouds that it asks. Every reply is held against the committed OpenAPI document. */
export interface Gateway {
  readonly url: string;
  readonly port: number;
  readonly app: NestFastifyApplication;
  readonly simulator: Simulator;
  readonly get: (path: string, headers?: RequestHeaders) => Promise<Reply>;
  readonly head: (path: string, headers?: RequestHeaders) => Promise<Reply>;
  readonly post: (path: string, body: unknown, headers?: RequestHeaders) => Promise<Reply>;
  readonly ask: (ask: Ask) => Promise<Reply>;
  /** Paths that the clouds' services were asked for; logins are not counted. */
  readonly asked: () => readonly string[];
  /** Lines of log so far. */
  readonly logs: readonly string[];
  readonly close: () => Promise<void>;
}

/** Runs the gateway of the demo in this process. */
export async function startGateway({ config = {}, secrets = {}, simulator }: GatewayOptions = {}): Promise<Gateway> {
  const clouds = simulator ?? (await startSimulator());
  const demo = parse(readFileSync('config/demo.yaml', 'utf8')) as { readonly server: object };
  // Without what only demos do.
  const server = { ...demo.server, corsLocalhost: false };
  const variables = { ...secrets, SIMULATOR_URL: clouds.url, SIMULATOR_PASSWORD: DEMO_PASSWORD };
  const logs: string[] = [];
  const app = await createApp(parseConfig(JSON.stringify({ ...demo, server, ...config }), variables, 'test'), {
    write: (line) => void logs.push(line),
  });
  await app.listen(0, '127.0.0.1');
  const port = portOf(app.getHttpServer());
  const ask = async (what: Ask): Promise<Reply> => {
    const reply = await send(port, what);
    const method = what.method ?? 'GET';
    const wrong = contradictions(method, what.path, reply);
    if (wrong.length > 0)
      throw new Error(
        `${method} ${what.path.slice(0, 200)} contradicts openapi.json:\n${wrong.join('\n')}\n${reply.text.slice(0, 2000)}`,
      );
    return reply;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    app,
    simulator: clouds,
    ask,
    get: (path, headers = {}) => ask({ path, headers }),
    head: (path, headers = {}) => ask({ method: 'HEAD', path, headers }),
    post: (path, body, headers = {}) =>
      ask({
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    asked: () =>
      clouds.control
        .requests()
        .filter(({ service }) => service !== 'iam')
        .map(({ path }) => path),
    logs,
    async close() {
      await app.close();
      if (simulator === undefined) await clouds.close();
    },
  };
}
