import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Where Linux lists of each connection how many bytes the other side has not acknowledged. */
const FILES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** Port here, port there, bytes if there are any: all in hexadecimal digits. */
const CONNECTION = /:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]{2} (?!0{8})([0-9A-F]{8}):/g;

/** Looks for progress in the time that is allowed without any; it is over at the one after them. */
export const LOOKS = 4;

interface Look {
  /** Bytes that the other side has. */
  readonly taken: number;
  /** Looks that have found the same, this one included. */
  readonly count: number;
}

type StallState = 'idle' | 'moving' | 'stalled';

/** Milliseconds before a look that all callers until then share, at least this many times as long as the last one took: that is longer with more connections. */
const TOGETHER = { leastMs: 100, mostMs: 1_000, times: 20 };

/**
 * Distinguishes callers who take nothing from those who take little. The network takes megabytes ahead of a reader, and more only
 * once a third of them has gone: the process sees no progress for a minute of slow reading.
 */
export class Stalls {
  private readonly looks = new WeakMap<Socket, Look>();
  private next: Promise<ReadonlyMap<string, number>> | undefined;
  private intervalMs = TOGETHER.leastMs;

  constructor(private readonly look = unacknowledged) {}

  /** Looks once more; `stalled` where nothing was taken for {@link LOOKS} looks, `idle` where there is nothing to take. */
  async stateOf(socket: Socket): Promise<StallState> {
    return this.note(socket, await this.held(socket));
  }

  /** Looks once more at all of these together. @returns those that are stalled, as {@link stateOf} says it */
  async stalledOf(sockets: Iterable<Socket>): Promise<readonly Socket[]> {
    const bytes = await this.look();
    const stalled: Socket[] = [];
    for (const socket of sockets) {
      const held = bytes.get(keyOf(socket.localPort, socket.remotePort)) ?? 0;
      if (this.note(socket, held) === 'stalled') stalled.push(socket);
    }
    return stalled;
  }

  private note(socket: Socket, held: number): StallState {
    if (held + socket.writableLength === 0) return 'idle';
    const taken = socket.bytesWritten - socket.writableLength - held;
    const last = this.looks.get(socket);
    const count = last?.taken === taken ? last.count + 1 : 1;
    this.looks.set(socket, { taken, count });
    return count > LOOKS ? 'stalled' : 'moving';
  }

  /** Whether there is something that was written and that the other side does not have. */
  async isHeld(socket: Socket): Promise<boolean> {
    return (await this.held(socket)) > 0 || socket.writableLength > 0;
  }

  /** Bytes of a connection that the network has. */
  private async held({ localPort, remotePort }: Socket): Promise<number> {
    this.next ??= delay(this.intervalMs).then(() => this.lookOnce());
    return (await this.next).get(keyOf(localPort, remotePort)) ?? 0;
  }

  private async lookOnce(): Promise<ReadonlyMap<string, number>> {
    this.next = undefined;
    const began = performance.now();
    const bytes = await this.look();
    const intervalMs = TOGETHER.times * (performance.now() - began);
    this.intervalMs = Math.max(TOGETHER.leastMs, Math.min(intervalMs, TOGETHER.mostMs));
    return bytes;
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
