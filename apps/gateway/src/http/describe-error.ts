import { redactText } from '@gateway/tasks';

const MAX_FRAMES = 11;
/** A place in a file of this process, and the function there, if any. */
const FRAME = /^ {4}at (?:[\w$.#<>[\] ]+ \()?(?:file:\/\/|node:|\/)[^\s=?]+:\d+:\d+\)?$/;

/** A failure for the log: name, message without secrets, and where. Its other members may hold a request with its credentials. */
export function describeError(error: unknown): string {
  try {
    if (!(error instanceof Error)) return 'something thrown that is no error';
    const { name, message, stack } = error;
    // The message begins the stack, unless it was changed since, and may look like a part of it.
    const frames = String(stack)
      .replace(message, '')
      .split('\n')
      .filter((line) => FRAME.test(line));
    return [redactText(`${name}: ${message}`), ...frames.slice(0, MAX_FRAMES)].join('\n');
  } catch {
    return 'an error that cannot be read';
  }
}
