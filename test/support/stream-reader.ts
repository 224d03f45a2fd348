import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import type { EventSourceMessage } from 'eventsource-parser';
import { eventually } from './eventually.js';
import type { Ask } from './http-client.js';

/** What came in a stream, as a parser of others reads it. */
export interface StreamReader {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly events: readonly EventSourceMessage[];
  readonly comments: readonly string[];
  /** Milliseconds that it was told to wait before it comes again. */
  readonly retries: readonly number[];
  /** All bytes of the body so far. */
  readonly text: () => string;
  /** Resolves once there are so many events of this name, with their data. */
  readonly data: (event: string, count?: number) => Promise<readonly unknown[]>;
  /** Whether the answer came to its end, rather than its connection: resolves when it is over. */
  readonly ended: Promise<boolean>;
  readonly message: IncomingMessage;
  readonly close: () => void;
}

/** Opens a stream on a connection of its own; resolves with its head. @param reads whether its body is read at once */
export async function openStream(
  port: number,
  { method = 'GET', path, headers = {}, body }: Ask,
  reads = true,
): Promise<StreamReader> {
  const outgoing = request({ host: '127.0.0.1', port, method, path, headers: headers as never, agent: false });
  outgoing.on('error', () => undefined);
  outgoing.end(body);
  const [message] = (await once(outgoing, 'response')) as [IncomingMessage];
  const events: EventSourceMessage[] = [];
  const comments: string[] = [];
  const retries: number[] = [];
  let text = '';
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onComment: (comment) => comments.push(comment),
    onRetry: (retry) => retries.push(retry),
    onError: (error) => {
      throw error;
    },
  });
  message.on('error', () => undefined);
  const ended = new Promise<boolean>((over) => message.once('close', () => over(message.complete)));
  message.setEncoding('utf8');
  message.on('data', (chunk: string) => {
    text += chunk;
    parser.feed(chunk);
  });
  if (!reads) message.pause();
  const data = async (name: string, count = 1): Promise<readonly unknown[]> => {
    const ofName = () => events.filter(({ event }) => event === name);
    await eventually(() => ofName().length >= count);
    return ofName().map((event) => JSON.parse(event.data) as unknown);
  };
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    events,
    comments,
    retries,
    text: () => text,
    data,
    ended,
    message,
    close: () => outgoing.destroy(),
  };
}
