import { STATUS_CODES } from 'node:http';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Call } from './call.js';

/** What is answered, before anything happens to it on its way. */
export interface Reply {
  readonly status: number;
  /** Added to the headers that every reply has, or instead of those of the same name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** A JSON reply. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: JSON.stringify(value) };
}

/** The headers of a reply as they go out, without its length. */
export function headersOf(call: Call, reply: Reply): OutgoingHttpHeaders {
  const headers: Record<string, string> = {
    'Content-Type': 'application/json',
    'X-Request-Id': call.id,
    Server: 'api-gateway',
  };
  if (call.segments?.[0] === 'iam') headers['X-Openstack-Request-Id'] = `req-${call.id}`;
  for (const [name, value] of Object.entries(reply.headers ?? {})) {
    const same = Object.keys(headers).find((known) => known.toLowerCase() === name.toLowerCase());
    if (same !== undefined) delete headers[same];
    headers[name] = value;
  }
  return headers;
}

/** Sends the head of a reply that announces `length` bytes; null announces none and sends chunks. */
export function sendHead(response: ServerResponse, call: Call, reply: Reply, length: number | null): void {
  const headers = headersOf(call, reply);
  // A reply that cannot have a body must not announce its length.
  if (length !== null && reply.status !== 204 && reply.status !== 304) headers['Content-Length'] = length;
  response.writeHead(reply.status, STATUS_CODES[reply.status] ?? 'Unknown', headers);
}

/** Sends a whole reply. */
export function send(response: ServerResponse, call: Call, reply: Reply, sent?: () => void): void {
  const body = Buffer.from(reply.body as string);
  sendHead(response, call, reply, body.length);
  response.end(body, sent);
}
