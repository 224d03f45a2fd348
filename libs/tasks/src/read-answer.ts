import type { Provider, NormalizeResult } from './provider.js';

/**
 * Reads an answer about one task. It is about that task only if its body names it: a body without an id is in no known
 * form, one with another id about another task, whatever state they tell. Providers whose interface echoes no id, or
 * another one, declare so. Never throws.
 */
export function readAnswer(provider: Provider, body: unknown, id: string): NormalizeResult {
  const reading = provider.normalize(body, id);
  if (reading.kind !== 'task') return reading;
  const { task } = reading;
  if (provider.echoesId === false) return { ...reading, task: { ...task, id } };
  if (task.id === id) return reading;
  return { kind: task.id === '' ? 'unrecognized' : 'another-task' };
}
