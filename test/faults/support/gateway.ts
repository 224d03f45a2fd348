import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../../apps/gateway/src/app.js';
import { parseConfig } from '../../../apps/gateway/src/config/load-config.js';
import { portOf, send } from '../../support/http-client.js';
import type { RequestHeaders } from '../../support/http-client.js';
import { contradictions } from '../../support/openapi.js';

export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface AskOptions {
  /** Sent as `X-Auth-Token`. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  readonly app: NestFastifyApplication;
  /** Every reply is held against the committed OpenAPI document. */
  readonly get: (path: string, options?: AskOptions) => Promise<Reply>;
  /** Lines of log so far. */
  readonly logs: readonly string[];
  /** Everything that has left the gateway towards callers and logs, as text. */
  readonly output: () => string;
  readonly close: () => Promise<void>;
}

export interface GatewayOptions {
  /** The configuration without `server`, as it would stand in the file. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What its `${VARIABLES}` stand for. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Runs the whole gateway on a free port. */
export async function startGateway({ config, secrets = {} }: GatewayOptions): Promise<Gateway> {
  const text = JSON.stringify({ ...config, server: { port: 0, logLevel: 'debug' } });
  const logs: string[] = [];
  const replies: string[] = [];
  const app = await createApp(parseConfig(text, secrets, 'test'), { write: (line) => void logs.push(line) });
  await app.listen(0, '127.0.0.1');
  const port = portOf(app.getHttpServer());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    app,
    get: async (path, { token, headers = {} } = {}) => {
      const credential: RequestHeaders = token === undefined ? {} : { 'x-auth-token': token };
      const reply = await send(port, { path, headers: { ...credential, ...headers } });
      replies.push(JSON.stringify(reply.headers), reply.text);
      const wrong = contradictions('GET', path, reply);
      if (wrong.length > 0) throw new Error(`GET ${path} contradicts openapi.json: ${wrong.join('; ')}\n${reply.text}`);
      return { ...reply, body: (reply.body ?? {}) as Readonly<Record<string, unknown>> };
    },
    logs,
    output: () => [...logs, ...replies].join('\n'),
    close: () => app.close(),
  };
}
