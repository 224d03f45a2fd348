import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { portOf } from '../../support/http-client.js';

/** A span as it came over the wire. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly traceState: string;
  /** 1: internal, 2: server, 3: client. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2: error. */
  readonly statusCode: number;
  readonly service: unknown;
  readonly hasEnded: boolean;
}

/** Receives OTLP over HTTP in protobuf, on a real socket. */
export interface TraceCollector {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
  readonly requests: readonly { readonly path: string; readonly headers: IncomingHttpHeaders }[];
  readonly close: () => Promise<void>;
}

export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  const requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    spans.push(...spansIn(await buffer(request)));
    requests.push({ path: request.url ?? '', headers: request.headers });
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  };
  const server = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    spans,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Fields of a message by their number: bytes, or numbers. */
type Fields = ReadonlyMap<number, readonly (Buffer | number)[]>;

/** Reads one message of protobuf: varints, fixed and delimited fields. */
function fieldsOf(message: Buffer): Fields {
  const fields = new Map<number, (Buffer | number)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message.readUInt8(at);
      at += 1;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Buffer => message.subarray(at, (at += length));
  while (at < message.length) {
    const tag = varint();
    const wire = tag & 7;
    if (![0, 1, 2, 5].includes(wire)) throw new Error(`wire type ${wire}`);
    const value = wire === 0 ? varint() : take(wire === 1 ? 8 : wire === 5 ? 4 : varint());
    const number = Math.floor(tag / 8);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const all = (fields: Fields, number: number): readonly Buffer[] =>
  (fields.get(number) ?? []).filter((value) => typeof value !== 'number');
const one = (fields: Fields, number: number): Buffer => all(fields, number)[0] ?? Buffer.alloc(0);
const numberIn = (fields: Fields, number: number): number => Number(fields.get(number)?.[0] ?? 0);

function attributesIn(fields: Fields, number: number): Record<string, unknown> {
  const pairs = all(fields, number).map((bytes) => {
    const pair = fieldsOf(bytes);
    return [one(pair, 1).toString(), valueOf(fieldsOf(one(pair, 2)))] as const;
  });
  return Object.fromEntries(pairs);
}

/** An AnyValue: text, truth, integer, or something else. */
function valueOf(value: Fields): unknown {
  if (value.has(1)) return one(value, 1).toString();
  if (value.has(2)) return numberIn(value, 2) === 1;
  return value.has(3) ? numberIn(value, 3) : null;
}

/** Of an ExportTraceServiceRequest. */
function spansIn(body: Buffer): readonly CollectedSpan[] {
  return all(fieldsOf(body), 1).flatMap((bytes) => {
    const ofResource = fieldsOf(bytes);
    const { 'service.name': service } = attributesIn(fieldsOf(one(ofResource, 1)), 1);
    return all(ofResource, 2)
      .flatMap((scope) => all(fieldsOf(scope), 2))
      .map((span) => spanOf(fieldsOf(span), service));
  });
}

function spanOf(span: Fields, service: unknown): CollectedSpan {
  return {
    traceId: one(span, 1).toString('hex'),
    spanId: one(span, 2).toString('hex'),
    traceState: one(span, 3).toString(),
    parentSpanId: one(span, 4).toString('hex'),
    name: one(span, 5).toString(),
    kind: numberIn(span, 6),
    attributes: attributesIn(span, 9),
    statusCode: numberIn(fieldsOf(one(span, 15)), 3),
    service,
    hasEnded: one(span, 8).readBigUInt64LE() >= one(span, 7).readBigUInt64LE(),
  };
}
