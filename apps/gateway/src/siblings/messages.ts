import type { FileText } from '../config/files.js';

/** What a worker makes its configuration of: its own files may have changed since its siblings have read them. */
type Files = readonly (readonly [path: string, file: FileText])[];

/** What the primary and its workers tell each other. */
export type Message =
  /** To a worker, before anything else: what it is a gateway of. */
  | { readonly type: 'start'; readonly principalKey: string; readonly files: Files }
  /** To a worker that listens: go on with this configuration. */
  | { readonly type: 'reload'; readonly files: Files }
  /** To the primary: takes requests, there. */
  | { readonly type: 'listening'; readonly url: string }
  /** To the primary: answers from now on what its siblings ask. */
  | { readonly type: 'hears' }
  /** To the primary: ask all siblings this, or all workers, the one who asks as well. */
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly topic: string;
      readonly body: unknown;
      readonly whom: 'others' | 'all';
    }
  /** To a worker: a sibling asks this. */
  | { readonly type: 'asked'; readonly id: number; readonly topic: string; readonly body: unknown }
  /** To the primary: what this worker says to it. */
  | { readonly type: 'answer'; readonly id: number; readonly body: unknown }
  /** To a worker: what its siblings say to it, and how many said nothing in time. */
  | ({ readonly type: 'answers'; readonly id: number } & Answers)
  /** To a worker: end at once. */
  | { readonly type: 'end'; readonly code: number };

/** What siblings say to a question. */
export interface Answers {
  readonly answers: readonly unknown[];
  /** Those that said nothing in time. */
  readonly missing: number;
}

/** One end of the channel between two processes. */
export interface Channel {
  send?(message: unknown, ...rest: readonly undefined[]): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** Sends it, unless the other end is gone: who is told of that by the channel's end. */
export function tell(channel: Channel, message: Message): void {
  try {
    channel.send?.(message);
  } catch {
    // The channel has been closed.
  }
}

/** What came is one of ours; others use the channel, too. */
export function isMessage(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'type' in message;
}
