import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { TracingChannel } from 'node:diagnostics_channel';

/** What a tracing channel adds to a message when the work has ended. */
interface Ended<Result> {
  result?: Result;
  error?: unknown;
}

/** One lookup of a task, with its login, its queue and all its attempts. */
export interface LookupMessage extends Ended<unknown> {
  /** Id of a provider. */
  readonly provider: string;
  readonly region: string;
}

/** One HTTP request to a service of a cloud. It holds no credentials, and no id of a task or project. */
export interface AttemptMessage extends Ended<unknown> {
  /** Id of a provider, or `iam`. */
  readonly provider: string;
  readonly region: string;
  readonly method: string;
  /** Origin of the service. */
  readonly origin: string;
  /** Path with names of parameters for what a caller chose. */
  readonly template: string;
  /** Attempts before this one of the same lookup. */
  readonly resends: number;
  /** Milliseconds of `performance.now()`. */
  readonly beganAt: number;
  /** HTTP status; null until there is an answer. */
  status: number | null;
  /** Headers that subscribers add, in lower case: for `tracing:…:start` only. */
  readonly headers: Record<string, string>;
}

/** A status or code that no table holds. */
export interface UnmappedWordMessage {
  /** Id of a provider, or `iam`. */
  readonly provider: string;
  readonly kind: 'status word' | 'error code';
}

/** `tracing:task-gateway:upstream.lookup:*` of `node:diagnostics_channel`, with a {@link LookupMessage}. */
export const LOOKUPS: TracingChannel<unknown, LookupMessage> = tracingChannel('task-gateway:upstream.lookup');

/** `tracing:task-gateway:upstream.attempt:*`, with an {@link AttemptMessage}. */
export const ATTEMPTS: TracingChannel<unknown, AttemptMessage> = tracingChannel('task-gateway:upstream.attempt');

/** `task-gateway:upstream.unmapped-word`, with an {@link UnmappedWordMessage} each time that one is seen. */
export const UNMAPPED_WORDS = channel('task-gateway:upstream.unmapped-word');

/** Runs work that a channel tells of; where nobody listens, that is all it does. */
export function traced<Message extends object, T>(
  told: TracingChannel<unknown, Message>,
  message: () => Message,
  work: (message?: Message) => Promise<T>,
): Promise<T> {
  if (!told.hasSubscribers) return work();
  const given = message();
  return told.tracePromise(() => work(given), given);
}

/** A message about an attempt that begins now. */
export function attemptMessage(
  place: Pick<AttemptMessage, 'provider' | 'region' | 'method' | 'origin' | 'template' | 'resends'>,
): AttemptMessage {
  return { ...place, beganAt: performance.now(), status: null, headers: {} };
}
