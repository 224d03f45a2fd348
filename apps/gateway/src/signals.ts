import { constants } from 'node:os';
import { isatty } from 'node:tty';

/** Milliseconds in which signals are one: npm passes on what the terminal has sent to all its group already. */
export const TOGETHER_MS = 100;

export const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Streams of this process that were terminals when it began. */
const TERMINALS = [0, 1, 2].filter((stream) => isatty(stream));

let isHangupDue = false;
let onHangup = (): void => void (isHangupDue = true);

/** Has SIGHUP end this process no more: one that comes during the start is kept until somebody takes it. */
export function holdHangups(): void {
  process.on('SIGHUP', () => onHangup());
}

/** Gives this and all further ones to the listener, also what was kept: the configuration may have been read before it. */
export function takeHangups(listener: () => void): void {
  onHangup = listener;
  if (isHangupDue) listener();
}

/** The system closes terminals before it tells those who run in them. */
export function hasLostTerminal(): boolean {
  return TERMINALS.length > 0 && !TERMINALS.some((stream) => isatty(stream));
}

/** Exit code of a process that such a signal has ended. */
export function endedBy(signal: (typeof SIGNALS)[number]): number {
  return 128 + constants.signals[signal];
}
