import { isUtf8 } from 'node:buffer';
import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib';
import { JsonError, parseJson } from '@gateway/tasks';
import type { ReceivedBody } from '../errors/error-body.js';

const DECODERS: Readonly<Record<string, () => Gunzip | Inflate>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
};

const BLOCK_BYTES = 16 * 1024;

interface BodyReaderOptions {
  /** `Content-Encoding` of the reply. */
  readonly encoding: string;
  /** Most bytes that are read, on the wire and decoded. */
  readonly limit: number;
  readonly done: (body: Buffer) => void;
  readonly failed: (kind: 'too-large' | 'bad-encoding') => void;
  /** More can be written after `write` answered false. */
  readonly drained: () => void;
}

/** Gathers a body as it comes in, decodes it, and stops as soon as it is too large. */
export class BodyReader {
  private readonly chunks: Buffer[] = [];
  private block: Buffer | null = null;
  private used = 0;
  private received = 0;
  private kept = 0;
  private decoder: Gunzip | Inflate | null = null;
  private decoded = false;
  private ended = false;

  constructor(private readonly options: BodyReaderOptions) {}

  /** Takes a piece of the body; false: the sender has to wait. */
  write(chunk: Buffer): boolean {
    // A reply without a body may carry any encoding, so it is looked at when the first byte comes.
    if (this.received === 0) this.prepare();
    this.received += chunk.length;
    if (this.received > this.options.limit) this.fail('too-large');
    else if (this.decoder === null) this.keep(chunk);
    // Bytes after the end of the compressed data are not part of it.
    else if (!this.decoded) return this.decoder.write(chunk);
    return true;
  }

  end(): void {
    this.ended = true;
    if (this.decoder === null || this.decoded) this.finish();
    else this.decoder.end();
  }

  /** Gives up and lets go of what was gathered. */
  destroy(): void {
    this.decoder?.destroy();
    this.chunks.length = 0;
    this.block = null;
  }

  private prepare(): void {
    const encoding = this.options.encoding.trim().toLowerCase();
    if (encoding === '' || encoding === 'identity') return;
    const create = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
    if (create === undefined) return this.fail('bad-encoding');
    this.decoder = create()
      .on('data', (chunk: Buffer) => this.keep(chunk))
      .on('drain', this.options.drained)
      .on('error', () => this.fail('bad-encoding'))
      .on('end', () => {
        this.decoded = true;
        if (this.ended) this.finish();
      });
  }

  private keep(chunk: Buffer): void {
    this.kept += chunk.length;
    if (this.kept > this.options.limit) this.fail('too-large');
    else this.store(chunk);
  }

  /** Small pieces go into a block together: a buffer for each byte of a dripping body would fill the memory. */
  private store(chunk: Buffer): void {
    if (chunk.length >= BLOCK_BYTES / 2) {
      this.closeBlock();
      this.chunks.push(chunk);
      return;
    }
    if (this.block !== null && this.used + chunk.length > BLOCK_BYTES) this.closeBlock();
    this.block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.used += chunk.copy(this.block, this.used);
  }

  private closeBlock(): void {
    if (this.block !== null) this.chunks.push(this.block.subarray(0, this.used));
    this.block = null;
    this.used = 0;
  }

  private finish(): void {
    this.closeBlock();
    this.options.done(Buffer.concat(this.chunks, this.kept));
  }

  private fail(kind: Parameters<BodyReaderOptions['failed']>[0]): void {
    this.destroy();
    this.options.failed(kind);
  }
}

export interface ReplyContent {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded. */
  readonly body: Buffer;
}

interface JsonBody extends ReceivedBody {
  /** Whether there is a document that is nested deeper than is read. */
  readonly tooDeep?: boolean;
}

/** Reads a reply as strict UTF-8 JSON, whatever its label: the clouds label JSON as text and pages as JSON. Never throws. */
export function readJsonBody({ headers, body }: ReplyContent): JsonBody {
  const text = body.toString('utf8').replace(/^\uFEFF/, '');
  const contentType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return {
    text,
    ...(isUtf8(body) ? parse(text) : { body: undefined }),
    contentType: contentType === '' ? null : contentType,
  };
}

function parse(text: string): Pick<JsonBody, 'body' | 'tooDeep'> {
  try {
    return { body: parseJson(text) };
  } catch (error) {
    return { body: undefined, ...(error instanceof JsonError && error.reason === 'depth' ? { tooDeep: true } : {}) };
  }
}

/** Bytes from which on work on a text takes milliseconds. */
const LARGE = 64 * 1024;

let lastTurn: Promise<void> = Promise.resolve();

/**
 * Resolves in a turn of the event loop in which it resolves for nobody else, so that others are served in between however
 * many have long work at once; at once for work on a small text.
 */
export async function ownTurn(bytes: number): Promise<void> {
  if (bytes < LARGE) return;
  lastTurn = lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)));
  await lastTurn;
}
