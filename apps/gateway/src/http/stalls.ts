import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** Where Linux tells of each connection how many bytes the other side has not acknowledged. */
const FILES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** Port here, port there, bytes: all in hexadecimal digits. */
const CONNECTION = /:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/g;

/** Looks for progress in the time that is allowed without any; it is over at the one after them. */
export const LOOKS = 4;

interface Look {
  /** Bytes that the other side has. */
  readonly taken: number;
  /** Looks that have found the same, this one included. */
  readonly count: number;
}

/**
 * Tells callers who take nothing from those who take little. The network takes megabytes ahead of a reader, and more only
 * once a third of them has gone: the process sees no progress for a minute of slow reading.
 */
export class Stalls {
  private readonly looks = new WeakMap<Socket, Look>();
  private looking: Promise<ReadonlyMap<string, number>> | undefined;

  /** Looks once more; true where nothing was taken for {@link LOOKS} looks. Only for connections that something is written to. */
  async hasStalled(socket: Socket): Promise<boolean> {
    this.looking ??= unacknowledged().finally(() => (this.looking = undefined));
    const held = (await this.looking).get(keyOf(socket.localPort, socket.remotePort)) ?? 0;
    const taken = socket.bytesWritten - socket.writableLength - held;
    const last = this.looks.get(socket);
    const count = last?.taken === taken ? last.count + 1 : 1;
    this.looks.set(socket, { taken, count });
    return count > LOOKS;
  }
}

/** Bytes by ports. Callers of several hosts may share a port: together they are one, and spare each other. */
async function unacknowledged(): Promise<ReadonlyMap<string, number>> {
  const texts = await Promise.all(FILES.map((file) => readFile(file, 'latin1').catch(() => '')));
  const bytes = new Map<string, number>();
  for (const [, here = '', there = '', held = ''] of texts.join('').matchAll(CONNECTION)) {
    const key = keyOf(Number.parseInt(here, 16), Number.parseInt(there, 16));
    bytes.set(key, (bytes.get(key) ?? 0) + Number.parseInt(held, 16));
  }
  return bytes;
}

function keyOf(here = 0, there = 0): string {
  return `${here} ${there}`;
}
