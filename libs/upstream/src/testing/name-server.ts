import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const TYPES = { 4: 1, 6: 28 } as const;
type Family = keyof typeof TYPES;
const TTL_SECONDS = 60;
const CODES: Readonly<Record<string, number>> = { broken: 2, unknown: 3, refused: 5 };

/**
 * The answer about a name: an address (of eight groups if it is one of IPv6), `unknown` (no such name), `broken` (server
 * failure), `refused`, or `silent` (nothing at all).
 */
export type NameAnswer = string;

export interface NameServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** IPv4 queries so far, by name. */
  readonly queries: ReadonlyMap<string, number>;
  readonly close: () => Promise<void>;
}

/** A name server (RFC 1035) over UDP. An address is the answer only to a query for its family. */
export async function startNameServer(answer: (name: string, family: Family) => NameAnswer): Promise<NameServer> {
  const queries = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = nameIn(query);
    if (type === TYPES[4]) queries.set(name, (queries.get(name) ?? 0) + 1);
    const reply = answer(name, type === TYPES[4] ? 4 : 6);
    if (reply !== 'silent') socket.send(replyTo(query.subarray(0, end), type, reply), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  return {
    address: `127.0.0.1:${port}`,
    queries,
    close: () => new Promise((closed) => socket.close(closed)),
  };
}

function nameIn(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function replyTo(query: Buffer, type: number, answer: string): Buffer {
  const reply = Buffer.from(query);
  const address = bytesOf(answer);
  const hasAddress = type === (address.length === 4 ? TYPES[4] : TYPES[6]) && CODES[answer] === undefined;
  reply.writeUInt16BE(0x8180 | (CODES[answer] ?? 0), 2);
  reply.writeUInt16BE(hasAddress ? 1 : 0, 6);
  reply.writeUInt32BE(0, 8);
  if (!hasAddress) return reply;
  const record = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, TTL_SECONDS, 0, address.length, ...address]);
  return Buffer.concat([reply, record]);
}

function bytesOf(address: string): readonly number[] {
  if (!address.includes(':')) return address.split('.').map(Number);
  return address.split(':').flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}
