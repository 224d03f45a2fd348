import { eventParser } from './event-parser.js';
import type { StreamEvent } from './generated/index.js';
import type { TaskReference } from './request-url.js';
import { contentTypeOf, readJson } from './reply.js';

/** Milliseconds: two heartbeats of the gateway and more. */
export const SILENCE_MS = 35_000;

export interface StreamLimits {
  /** Milliseconds until the first byte. */
  readonly firstByteMs?: number;
  /** Milliseconds without a byte after that. */
  readonly silenceMs?: number;
}

/** What an event says of a task; of what is not checked yet. */
export interface StreamItem {
  readonly kind?: string;
  readonly ref?: TaskReference;
  readonly task?: unknown;
  readonly problem?: { readonly retryable?: boolean };
}

/** How a stream ended. */
export interface StreamEnd {
  /** What the gateway gave as a reason, or whoever closed it; `silent` where no byte came for too long; null where it was lost. */
  reason: string | null;
  /** Of what came instead of a stream. */
  status?: number;
  /** How many signs of life: pieces, and events in them. */
  pieces: number;
  /** Milliseconds after which to come again. */
  retryMs: number;
}

/**
 * Reads one stream to its end, and never rejects. Nothing of it is left then: no timer and no connection.
 * @param closing closes it from outside, with a reason
 */
export async function readStream(
  open: (signal: AbortSignal) => Promise<Response>,
  { firstByteMs = 5_000, silenceMs = SILENCE_MS }: StreamLimits,
  closing: AbortController,
  onItem: (item: StreamItem) => void,
): Promise<StreamEnd> {
  const { signal } = closing;
  const end: StreamEnd = { reason: null, pieces: 0, retryMs: 2000 };
  const giveUp = (): void => closing.abort('silent');
  const parse = eventParser(
    (data) => {
      const event = readJson(data) as StreamEvent | undefined;
      if (event?.kind === 'end') end.reason = event.reason;
      else if (event) {
        end.pieces += 1;
        onItem(event);
      }
    },
    (ms) => (end.retryMs = ms),
  );
  let timer = setTimeout(giveUp, firstByteMs);
  try {
    const reply = await open(signal);
    if (contentTypeOf(reply) !== 'text/event-stream' || reply.body === null) end.status = reply.status;
    else
      for (const reader = reply.body.getReader(); end.reason === null;) {
        const { value, done } = await reader.read();
        if (done) break;
        clearTimeout(timer);
        timer = setTimeout(giveUp, silenceMs);
        parse(value);
        // The last one, with its `end`, has brought nothing by itself.
        if (end.reason === null) end.pieces += 1;
      }
  } catch {
    // Whatever it was: there is no stream any more.
  }
  clearTimeout(timer);
  if (signal.aborted) end.reason = signal.reason as string;
  closing.abort();
  return end;
}
