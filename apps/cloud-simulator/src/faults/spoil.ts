import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Call } from '../http/call.js';
import { send, sendHead } from '../http/reply.js';
import type { Reply } from '../http/reply.js';
import type { Fault } from './fault.js';

const CHUNK = Buffer.alloc(64 * 1024, ' ');

/** Sends a reply in the way of a fault; faults that replace the reply send theirs whole. */
export function spoil(fault: Fault, response: ServerResponse, call: Call, reply: Reply): void {
  const body = Buffer.from(reply.body as string);
  const half = body.subarray(0, Math.ceil(body.length / 2));
  switch (fault.kind) {
    case 'latency':
      return later(response, fault.ms, () => send(response, call, reply));
    case 'drip':
      sendHead(response, call, reply, body.length);
      return drip(response, body, fault.bytesPerSecond);
    case 'hang':
      return;
    case 'hang-after-headers':
      sendHead(response, call, reply, body.length);
      return response.flushHeaders();
    case 'reset':
      return sendPart(response, call, reply, half, () => response.socket?.resetAndDestroy());
    case 'truncated':
      return sendPart(response, call, reply, half, () => response.socket?.end());
    case 'oversized':
      sendHead(response, call, reply, null);
      return pour(pipeline(Readable.from(padded(body, fault.bytes)), response));
    case 'gzip-bomb':
      sendHead(response, call, { ...reply, headers: { ...reply.headers, 'Content-Encoding': 'gzip' } }, null);
      return pour(pipeline(Readable.from(padded(body, fault.bytes)), createGzip(), response));
    case 'close-idle': {
      const { socket } = response;
      return send(response, call, reply, () => socket?.end());
    }
    default:
      return send(response, call, reply);
  }
}

/** Sends the first part of a reply that announces all of it. */
function sendPart(response: ServerResponse, call: Call, reply: Reply, part: Buffer, then: () => void): void {
  // One byte is announced even for an empty body, so that something is always missing.
  sendHead(response, call, reply, Math.max(1, Buffer.byteLength(reply.body)));
  response.flushHeaders();
  response.write(part, () => setImmediate(then));
}

function later(response: ServerResponse, ms: number, act: () => void): void {
  const timer = setTimeout(act, ms);
  response.once('close', () => clearTimeout(timer));
}

/** One byte per write: without Nagle's algorithm mostly one byte per packet. */
function drip(response: ServerResponse, body: Buffer, bytesPerSecond: number): void {
  response.socket?.setNoDelay(true);
  const intervalMs = Math.max(1, 1000 / bytesPerSecond);
  const atOnce = Math.max(1, Math.round((bytesPerSecond * intervalMs) / 1000));
  let position = 0;
  const timer = setInterval(() => {
    const end = Math.min(body.length, position + atOnce);
    for (; position < end; position += 1) response.write(body.subarray(position, position + 1));
    if (position < body.length) return;
    clearInterval(timer);
    response.end();
  }, intervalMs);
  response.once('close', () => clearInterval(timer));
}

/** The body, and blanks up to a length: still the same JSON. */
function* padded(body: Buffer, bytes: number): Generator<Buffer> {
  if (body.length > 0) yield body;
  for (let left = bytes - body.length; left > 0; left -= CHUNK.length) yield CHUNK.subarray(0, left);
}

function pour(done: Promise<void>): void {
  // Whoever reads may hang up long before the end: that is what these faults are for.
  done.catch(() => undefined);
}
