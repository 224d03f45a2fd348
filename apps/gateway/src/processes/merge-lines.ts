import type { Readable } from 'node:stream';
import type { DestinationStream } from 'pino';

/** Passes on whole lines: of several who write to one pipe, each would cut the others' in two. */
export function mergeLines(from: Readable, to: DestinationStream): void {
  let rest = '';
  from.setEncoding('utf8');
  from.on('data', (text: string) => {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) to.write(rest + text.slice(0, end));
    rest = end > 0 ? text.slice(end) : rest + text;
  });
  // Of one that was killed in the middle of a line.
  from.on('end', () => rest === '' || to.write(`${rest}\n`));
}
