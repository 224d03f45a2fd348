import { Readable } from 'node:stream';
import { problemDocument } from '@gateway/problems';
import type { Problem, ProblemContext } from '@gateway/problems';
import { piecesOf } from '../http/hooks.js';

export type BatchItem =
  /** `body` is the Task as JSON, of so many bytes in UTF-8. */
  | { readonly status: 200; readonly etag: string; readonly body: string; readonly bytes: number }
  | { readonly status: number; readonly problem: Problem };

/** UTF-16 units in one piece of an answer: what a caller who does not read keeps in memory, besides texts that others share. */
const PIECE = 65_536;

/**
 * The JSON of a batch's answer: text where it is short, else a stream that takes items as its reader reads.
 * @param references as they were given, each as JSON
 * @throws what taking an item throws, before the stream begins
 */
export async function batchBody(
  items: AsyncIterable<BatchItem>,
  references: readonly string[],
  context: ProblemContext,
): Promise<string | Readable> {
  const pieces = writeItems(items, references, context);
  const first = await pieces.next();
  return first.done === true ? first.value : Readable.from(allOf(first.value, pieces));
}

async function* allOf(first: string, rest: AsyncGenerator<string, string>): AsyncGenerator<string> {
  try {
    yield first;
    let next = await rest.next();
    for (; next.done !== true; next = await rest.next()) yield next.value;
    yield next.value;
  } finally {
    await rest.return('');
  }
}

/** Yields a piece whenever enough has come together, and returns the last one. */
async function* writeItems(
  items: AsyncIterable<BatchItem>,
  references: readonly string[],
  context: ProblemContext,
): AsyncGenerator<string, string> {
  let text = '{"items":[';
  let place = 0;
  for await (const item of items) {
    const kind = 'problem' in item ? 'problem' : 'task';
    text += `${place === 0 ? '' : ','}{"kind":"${kind}","ref":${references[place]},"status":${item.status},`;
    if ('problem' in item) text += `"problem":${JSON.stringify(problemDocument(item.problem, context))}}`;
    else {
      text += `"etag":${JSON.stringify(item.etag)},"task":`;
      // Tasks are text already.
      for (const part of piecesOf(item.body, PIECE)) {
        text += part;
        if (text.length < PIECE) continue;
        yield text;
        text = '';
      }
      text += '}';
    }
    place += 1;
  }
  return `${text}]}`;
}

/** Shares out the bytes that the tasks of one answer may take: in request order, as far as is known yet what they need. */
export class BatchRoom {
  /** By place in the request; empty where nothing is known yet, 0 where nothing is taken. */
  private readonly taken: number[] = [];

  /** @param withdraw called for each place whose task does not fit, whether it had fitted so far or not */
  constructor(
    private readonly bytes: number,
    private readonly withdraw: (place: number, bytes: number) => void,
  ) {}

  /** Takes what the task at a place needs. Later places make room for it, and earlier ones never do. */
  take(place: number, bytes: number): void {
    this.taken[place] = bytes;
    let left = this.bytes;
    this.taken.forEach((needed, at) => {
      if (needed <= left) {
        left -= needed;
        return;
      }
      this.taken[at] = 0;
      this.withdraw(at, needed);
    });
  }
}
