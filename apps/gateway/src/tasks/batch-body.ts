import { Readable } from 'node:stream';
import { problemDocument } from '@gateway/problems';
import type { ProblemContext } from '@gateway/problems';
import type { BatchItem } from './batch.service.js';

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
  const pieces = piecesOf(items, references, context);
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
async function* piecesOf(
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
      for (const part of partsOf(item.body)) {
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

function* partsOf(text: string): Generator<string> {
  for (let start = 0, end; start < text.length; start = end) {
    end = start + PIECE;
    // A character of two units stays whole.
    if (isFirstOfTwo(text.charCodeAt(end - 1))) end -= 1;
    yield text.slice(start, end);
  }
}

const isFirstOfTwo = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
