import { loadFixtures } from '@gateway/providers/testing';
import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';

const loaded = new Map<string, ReadonlyMap<string, Reply>>();

/** The documented example of a provider with this task id; of several examples the first by file name. */
export function findExample(provider: string, id: string): Reply | null {
  let examples = loaded.get(provider);
  if (examples === undefined) {
    examples = new Map(
      loadFixtures(provider)
        // The first one stays.
        .toReversed()
        .map(({ request, reply }) => [request.id, json(reply.status, reply.body)]),
    );
    loaded.set(provider, examples);
  }
  return examples.get(id) ?? null;
}
