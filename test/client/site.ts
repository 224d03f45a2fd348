import { createServer } from 'node:http';
import { portOf } from '../support/http-client.js';

/** What a path is answered with. */
export type Files = Readonly<Record<string, readonly [type: string, content: () => string]>>;

export interface Site {
  readonly origin: string;
  readonly close: () => Promise<void>;
}

/** Serves pages: of another origin than the gateway's. */
export async function startSite(files: Files): Promise<Site> {
  const server = createServer(({ url = '' }, reply) => {
    const [type, content] = files[url] ?? ['text/plain', () => ''];
    reply.writeHead(200, { 'content-type': type }).end(content());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${portOf(server)}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
