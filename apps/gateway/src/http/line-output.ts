import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { DestinationStream } from 'pino';

/** Lines leave when there are so many characters of them, or after so many milliseconds. */
const BATCH_LENGTH = 32_768;
const BATCH_MS = 100;
/** Characters of lines that are kept for an output that takes none; later ones are dropped. */
export const MAX_KEPT_LENGTH = 1_048_576;
/** Milliseconds between two attempts at an output that takes nothing; they double. */
const RETRY_MS = { first: 1, last: 100 };
/** Milliseconds for which a dying process waits for a reader. */
const LAST_WAIT_MS = 1_000;
const NOTHING = Buffer.alloc(0);

/**
 * Writes lines to a file descriptor and never stops the process for it, whatever becomes of the other end: a full disk, a
 * reader that does not read or is gone. What does not fit is dropped and counted, and one line says how much is missing
 * where it is missing. Own code: sonic-boom, which pino brings, tries again without end or pause when the process ends or
 * a line is fatal, keeps all that waits, and throws when the reader is gone.
 */
export class LineOutput implements DestinationStream {
  private waiting = '';
  private leaving = NOTHING;
  private underWay = NOTHING;
  private dropped = 0;
  private isStuck = false;
  private retryMs = RETRY_MS.first;
  private timer: NodeJS.Timeout | undefined;
  private readonly fd: number;
  private readonly blocks: boolean;

  /** @param blocks whether a write can take long, as to a disk: then it is left to a thread */
  constructor(fd: number, blocks: boolean) {
    this.fd = fd;
    this.blocks = blocks;
  }

  /** @param line one, or several that came together */
  write(line: string): void {
    const kept = this.waiting.length + this.leaving.length + this.underWay.length;
    // Once a line is missing all are, until those before it are out: one gap, in one line.
    if (this.dropped > 0 || kept + line.length > MAX_KEPT_LENGTH) {
      this.dropped += line.split('\n').length - 1;
      return;
    }
    this.waiting += line;
    if (this.waiting.length >= BATCH_LENGTH && !this.isStuck) this.flush();
    else this.flushIn(BATCH_MS);
  }

  /** What waits goes out before anything else happens, as far as that is possible within a second. */
  flushSync(): void {
    const endsAt = performance.now() + LAST_WAIT_MS;
    while (this.writeAll() === 'EAGAIN' && performance.now() < endsAt)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS.last / 10);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.underWay.length > 0) return;
    if (this.blocks) this.writeBeside();
    else this.goOn(this.writeAll() === null);
  }

  private flushIn(ms: number): void {
    this.timer ??= setTimeout(() => this.flush(), ms).unref();
  }

  /** The code of the error that ended it, null when everything is out. */
  private writeAll(): string | null {
    try {
      while (this.load()) this.leaving = this.leaving.subarray(writeSync(this.fd, this.leaving));
      return null;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown';
    }
  }

  private writeBeside(): void {
    if (!this.load()) return;
    const chunk = this.leaving;
    this.underWay = chunk;
    this.leaving = NOTHING;
    write(this.fd, chunk, (error, taken) => {
      const rest = error === null ? chunk.subarray(taken) : chunk;
      this.underWay = NOTHING;
      this.leaving = this.leaving.length === 0 ? rest : Buffer.concat([rest, this.leaving]);
      this.goOn(error === null);
      if (error === null && (rest.length > 0 || this.waiting.length >= BATCH_LENGTH)) this.flush();
    });
  }

  /** Every error is one that may pass: space is made, a reader reads on, a named pipe gets a new one. */
  private goOn(wasTaken: boolean): void {
    this.isStuck = !wasTaken;
    if (wasTaken) this.retryMs = RETRY_MS.first;
    else {
      this.flushIn(this.retryMs);
      this.retryMs = Math.min(2 * this.retryMs, RETRY_MS.last);
    }
    if (wasTaken && (this.waiting !== '' || this.dropped > 0)) this.flushIn(BATCH_MS);
  }

  /** Whether there is something to write. */
  private load(): boolean {
    if (this.leaving.length > 0) return true;
    if (this.waiting === '' && this.dropped > 0) {
      const notice = {
        level: 40,
        time: new Date().toISOString(),
        dropped: this.dropped,
        msg: 'Lines are missing here: the output did not take them.',
      };
      this.waiting = `${JSON.stringify(notice)}\n`;
      this.dropped = 0;
    }
    this.leaving = Buffer.from(this.waiting);
    this.waiting = '';
    return this.leaving.length > 0;
  }
}

/** Where the lines of this process go. */
export function standardOutput(): LineOutput {
  // The first look at it makes pipes and sockets non-blocking, and an error without a listener, as when its reader is gone, ends the process.
  process.stdout.on('error', () => undefined);
  const output = terminal() ?? new LineOutput(1, !fstatSync(1).isFIFO() && !fstatSync(1).isSocket());
  process.on('exit', () => output.flushSync());
  return output;
}

/** A write to a terminal that has been stopped does not end, nor does a process before it: opened once more, it need not wait. */
function terminal(): LineOutput | null {
  if (!isatty(1)) return null;
  try {
    return new LineOutput(openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK), false);
  } catch {
    // Not everywhere, and not by everybody.
    return null;
  }
}
