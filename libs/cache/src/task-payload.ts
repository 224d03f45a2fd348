import { FAILURE_CODES, TASK_OUTCOMES, TASK_STATUSES, isDone, isObject } from '@gateway/tasks';
import type { Artifact, TaskFacts, TaskStatus } from '@gateway/tasks';

/** What is remembered about a finished task. */
export interface TaskPayload {
  readonly task: TaskFacts;
  readonly artifact: Artifact | null;
  /** What the ETag is made of, as the caller computed it. */
  readonly version: string;
}

/** Deepest nesting of children; the check recurses, and stored text is not trusted to stop. */
const MAX_GENERATIONS = 16;

/** Whether this is a final answer about the task with this id, complete enough to be served. */
export function isFinalPayload(value: unknown, id: string): value is TaskPayload {
  if (!isObject(value)) return false;
  const { task, artifact, version } = value;
  return (
    typeof version === 'string' &&
    (artifact === null || hasTexts(artifact, 'fileName', 'mediaType', 'content')) &&
    isTaskFacts(task, MAX_GENERATIONS) &&
    task.id === id &&
    task.done
  );
}

function isTaskFacts(value: unknown, generations: number): value is TaskFacts {
  if (generations === 0 || !isObject(value) || !hasTexts(value, 'id', 'upstreamStatus')) return false;
  const { status, done, outcome, progress, parameters, result, error, resources, counts, children } = value;
  return (
    isWord(status, TASK_STATUSES) &&
    done === isDone(status as TaskStatus) &&
    (done ? isWord(outcome, TASK_OUTCOMES) : outcome === null) &&
    ['type', 'createdAt', 'startedAt', 'updatedAt', 'endedAt'].every((member) => isTextOrNull(value[member])) &&
    (progress === null || isProgress(progress)) &&
    [parameters, result].every((member) => member === null || isObject(member)) &&
    (error === null || isTaskError(error)) &&
    isArrayOf(resources, (resource) => hasTexts(resource, 'type', 'id')) &&
    (counts === null || isCounts(counts)) &&
    isArrayOf(children, (child) => isTaskFacts(child, generations - 1))
  );
}

function isProgress(value: unknown): boolean {
  return isObject(value) && (value['percent'] === null || isNumber(value['percent'])) && isTextOrNull(value['step']);
}

function isTaskError(value: unknown): boolean {
  if (!isObject(value) || !isWord(value['code'], FAILURE_CODES) || !isTextOrNull(value['detail'])) return false;
  return isObject(value['upstream']) && isTextOrNull(value['upstream']['code']);
}

function isCounts(value: unknown): boolean {
  return isObject(value) && ['succeeded', 'failed', 'ignored'].every((member) => isNumber(value[member]));
}

function isArrayOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}

function isWord(value: unknown, words: readonly string[]): boolean {
  return typeof value === 'string' && words.includes(value);
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

function hasTexts(value: unknown, ...members: readonly string[]): boolean {
  return isObject(value) && members.every((member) => typeof value[member] === 'string');
}
