import { EventEmitter, once } from 'node:events';
import { fastify } from 'fastify';
import type { FastifyReply } from 'fastify';
import { GatewayConfig, ServerConfig } from '../../../apps/gateway/src/config/gateway-config.js';
import { GatewayServer } from '../../../apps/gateway/src/http/gateway-server.js';
import { EventStream } from '../../../apps/gateway/src/watch/event-stream.js';
import type { StreamLife } from '../../../apps/gateway/src/watch/event-stream.js';
import type { FramePart, FrameSource } from '../../../apps/gateway/src/watch/frame.js';
import { OpenStreams } from '../../../apps/gateway/src/watch/open-streams.js';
import { portOf } from '../../support/http-client.js';

/** A stream that says what a test gives it. */
export class TestStream extends EventStream {
  closed = 0;

  constructor(
    readonly reply: FastifyReply,
    life: StreamLife,
  ) {
    super(reply, life);
  }

  override onClosed(): void {
    this.closed += 1;
  }
}

/** Says the newest of what it is given. */
export class TestSource implements FrameSource {
  taken = 0;
  newest: readonly FramePart[] = [];

  takeFrames(): readonly FramePart[] {
    this.taken += 1;
    return this.newest;
  }
}

export interface StreamServer {
  readonly port: number;
  readonly open: OpenStreams;
  readonly streams: readonly TestStream[];
  /** The stream of the next request. */
  readonly next: () => Promise<TestStream>;
  readonly close: () => Promise<void>;
}

/** A server with the gateway's limits whose every answer is a stream. */
export async function startStreamServer({
  streams: settings = {},
  server: serverSettings = {},
  callerMs = null as number | null,
} = {}): Promise<StreamServer> {
  const config = new GatewayConfig();
  const open = new OpenStreams({ ...config, streams: { ...config.streams, ...settings } });
  const server = new GatewayServer({ ...new ServerConfig(), ...serverSettings });
  const opened = new EventEmitter();
  const streams: TestStream[] = [];
  const app = fastify({ serverFactory: (answer) => server.on('request', answer) });
  app.get('/', (_request, reply) => {
    reply.header('x-request-id', 'r1').header('access-control-allow-origin', 'https://app.example.com');
    const stream = new TestStream(reply, open.newLife(callerMs === null ? null : Date.now() + callerMs));
    open.add(stream);
    streams.push(stream);
    opened.emit('stream', stream);
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return {
    port: portOf(server),
    open,
    streams,
    next: async () => ((await once(opened, 'stream')) as [TestStream])[0],
    async close() {
      await open.beforeApplicationShutdown();
      server.closeAllConnections();
      await app.close();
    },
  };
}
