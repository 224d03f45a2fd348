import { loadFixtures } from '@gateway/providers/testing';
import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';

const loaded = new Map<string, ReadonlyMap<string, Reply>>();

/** The documented example with this task id; of several examples the first by file name. */
export function findExample(service: string, id: string): Reply | null {
  let examples = loaded.get(service);
  if (examples === undefined) {
    examples = loadExamples(service);
    loaded.set(service, examples);
  }
  return examples.get(id) ?? null;
}

function loadExamples(service: string): ReadonlyMap<string, Reply> {
  const examples = new Map<string, Reply>();
  for (const { request, reply } of fixturesOf(service))
    if (!examples.has(request.id)) examples.set(request.id, json(reply.status, reply.body));
  return examples;
}

function fixturesOf(service: string): ReturnType<typeof loadFixtures> {
  try {
    return loadFixtures(service);
  } catch (error) {
    // A service may be described here before its provider has examples.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
