import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const TYPE_A = 1;
const TTL_SECONDS = 60;
const NO_SUCH_NAME = 3;

/** What is said about a name: its IPv4 address, `unknown` (no such name), or `silent` (nothing at all). */
export type NameAnswer = string;

export interface NameServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** IPv4 questions so far, by name. */
  readonly questions: ReadonlyMap<string, number>;
  readonly close: () => Promise<void>;
}

/** A name server (RFC 1035) over UDP that knows IPv4 addresses alone. */
export async function startNameServer(answer: (name: string) => NameAnswer): Promise<NameServer> {
  const questions = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query);
    if (type === TYPE_A) questions.set(name, (questions.get(name) ?? 0) + 1);
    const said = answer(name);
    if (said !== 'silent') socket.send(replyTo(query.subarray(0, end), type, said), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  return {
    address: `127.0.0.1:${port}`,
    questions,
    close: () => new Promise((closed) => socket.close(closed)),
  };
}

function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function replyTo(query: Buffer, type: number, said: string): Buffer {
  const reply = Buffer.from(query);
  const addresses = said !== 'unknown' && type === TYPE_A ? 1 : 0;
  reply.writeUInt16BE(0x8180 | (said === 'unknown' ? NO_SUCH_NAME : 0), 2);
  reply.writeUInt16BE(addresses, 6);
  reply.writeUInt32BE(0, 8);
  if (addresses === 0) return reply;
  const record = Buffer.from([0xc0, 12, 0, TYPE_A, 0, 1, 0, 0, 0, TTL_SECONDS, 0, 4, ...said.split('.').map(Number)]);
  return Buffer.concat([reply, record]);
}
