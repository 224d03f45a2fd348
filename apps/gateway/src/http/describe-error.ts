import { redactText } from '@gateway/tasks';

const MAX_FRAMES = 11;

/** A failure for the log: name, message without secrets, and where. Its other members may hold a request with its credentials. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'something thrown that is no error';
  try {
    const { name, message, stack = '' } = error;
    // The message begins the stack, and may look like a part of it.
    const frames = stack
      .replace(message, '')
      .split('\n')
      .filter((line) => /^ {4}at \S/.test(line));
    return [redactText(`${name}: ${message}`), ...frames.slice(0, MAX_FRAMES)].join('\n');
  } catch {
    return 'an error that cannot be read';
  }
}
