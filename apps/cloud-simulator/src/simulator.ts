import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DEMO_ACCOUNT } from './accounts.js';
import type { Account } from './accounts.js';
import { createControl } from './control/control.js';
import type { Control } from './control/control.js';
import { createWorld } from './create-world.js';
import { handle } from './handle.js';

const HOUR_MS = 3_600_000;
/** A token alone may have 16,384 characters, and 64 KiB of headers are legal. */
const MAX_HEADER_BYTES = 128 * 1024;
/** Of a usual load balancer; nothing is closed between the requests of a test. */
const KEEP_ALIVE_MS = 75_000;

export interface SimulatorOptions {
  /** Loopback if left out. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Only the demo's account if left out. */
  readonly accounts?: readonly Account[];
  /** Characters of a token, 32 to 16,384; 1,500 if left out. */
  readonly tokenLength?: number;
  /** Milliseconds that a token lives; 24 hours if left out. */
  readonly tokenLifeMs?: number;
}

export interface Simulator {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly control: Control;
  /** Stops at once and destroys open connections. */
  readonly close: () => Promise<void>;
}

/** Starts the simulated clouds on a real socket. @throws RangeError for an impossible token length */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = '127.0.0.1', port = 0, accounts = [DEMO_ACCOUNT] } = options;
  const { tokenLength = 1_500, tokenLifeMs = 24 * HOUR_MS } = options;
  if (!(tokenLength >= 32 && tokenLength <= 16_384)) throw new RangeError('tokenLength must be from 32 to 16384');
  const world = createWorld({ accounts, tokenLength, tokenLifeMs });
  const control = createControl(world);

  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true },
    (request, response) => {
      response.on('error', () => undefined);
      handle(world, control, request, response).catch((error: unknown) => {
        // Hanging up in the middle of a request is the caller's right; everything else is a bug here.
        if (!request.destroyed || request.complete) process.stderr.write(`cloud-simulator: ${String(error)}\n`);
        response.destroy();
      });
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    port: address.port,
    control,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
