import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The text as JSON; undefined where it is none. */
  readonly body: unknown;
}

/** A list sends the header several times. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>;

export interface Ask {
  readonly method?: string;
  /** Sent as it is written: nothing is normalized, as `fetch` would do. */
  readonly path: string;
  readonly headers?: RequestHeaders;
  readonly body?: string | Buffer;
  /** Told when the whole request has been handed to the network. */
  readonly onSent?: () => void;
  /** Hangs up. */
  readonly signal?: AbortSignal;
}

/** Sends one request on a connection of its own. */
export function send(port: number, { method = 'GET', path, headers = {}, body, onSent, signal }: Ask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const lines = Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [...value],
    ]);
    const outgoing = request(
      { host: '127.0.0.1', port, method, path, headers: Object.fromEntries(lines), agent: false, signal },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, body: readJson(text) });
        });
      },
    );
    outgoing.on('error', reject);
    if (onSent !== undefined) outgoing.on('finish', onSent);
    outgoing.end(body);
  });
}

/** Writes bytes that need not be HTTP, and reads until the other side ends the connection. */
export function talk(port: number, bytes: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => {
      socket.end();
      resolve(readReply(Buffer.concat(chunks).toString('utf8')));
    });
  });
}

/** The port of a server that listens. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}

/** A reply as it came, to the end of its connection. */
export function readReply(raw: string): Reply {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => [line.split(':', 1)[0]?.toLowerCase(), line.replace(/^[^:]*:\s*/, '')] as const);
  const text = rest.join('\r\n\r\n');
  return {
    status: Number(first.split(' ')[1]),
    headers: Object.fromEntries(headers) as IncomingHttpHeaders,
    text,
    body: readJson(text),
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
