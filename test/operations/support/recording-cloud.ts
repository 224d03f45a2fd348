import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { loadFixtures } from '@gateway/providers/testing';
import { portOf } from '../../support/http-client.js';

/** A cloud that answers for one finished image, and remembers the headers of what it was asked. */
export interface RecordingCloud {
  /** Sections of a configuration whose only region is this cloud, asked with callers' own tokens. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly path: string;
  readonly asked: readonly IncomingHttpHeaders[];
  /** Statuses that it answers with first. */
  readonly failures: number[];
  readonly close: () => Promise<void>;
}

export async function startRecordingCloud(): Promise<RecordingCloud> {
  const [fixture] = loadFixtures('ims').filter(({ task }) => task?.done === true);
  const asked: IncomingHttpHeaders[] = [];
  const failures: number[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers);
    const status = failures.shift() ?? 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(status === 200 ? JSON.stringify(fixture?.reply.body) : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${portOf(server)}/{service}`;
  return {
    config: {
      regions: [{ name: 'here', endpoint, credentials: { mode: 'passthrough' } }],
      providers: [{ id: 'ims', region: 'here', projectId: 'a-project' }],
    },
    path: `/tasks/ims/${fixture?.request.id}`,
    asked,
    failures,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
