import { redactText } from '@gateway/tasks';

const MAX_FRAMES = 11;

/** A failure for the log: name, message without secrets, and where. Its other members may hold a request with its credentials. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return 'something thrown that is no error';
  // A message of several lines begins the stack.
  const frames = (error.stack ?? '').split('\n').filter((line) => /^ {4}at \S/.test(line));
  return [redactText(`${error.name}: ${error.message}`), ...frames.slice(0, MAX_FRAMES)].join('\n');
}
