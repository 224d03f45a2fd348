import { hash } from 'node:crypto';
import { taskResult } from '@gateway/tasks';
import type { ChildTask, Provider, Task, TaskData, TaskScope, TaskSource } from '@gateway/tasks';
import type { LookupTarget } from '@gateway/upstream';

/** An answer about a task, before it is drawn for a reader. */
export interface FoundTask {
  readonly target: LookupTarget;
  readonly task: TaskData;
  readonly version: string;
  readonly hasArtifact: boolean;
  /** RFC 3339. */
  readonly observedAt: string;
  readonly source: TaskSource;
}

/** Major version of the form in which a task is shown: who knows an older form does not know this one. */
const FORM = '2';

/** Changes when the task changes, and only then: times of observation take no part. */
export function versionOf(task: TaskData): string {
  return hash('sha256', FORM + JSON.stringify(task), 'base64url').slice(0, 22);
}

/** Draws the Task as callers see it, in the full view. `now` is in epoch milliseconds. */
export function presentTask({ target, task, version, hasArtifact, observedAt, source }: FoundTask, now: number): Task {
  const { provider } = target;
  const { region, projectId, instanceId } = target.address;
  const scope: TaskScope = { region, projectId, instanceId };
  const complete = <M extends object>(task: TaskData, ownVersion: string, more: M): ChildTask & M => {
    const { id, children: _children, ...facts } = task;
    return {
      id,
      provider: provider.id,
      scope,
      ...facts,
      result: facts.result === null ? null : taskResult(provider.results ?? [], facts.type, facts.result),
      ...more,
      observedAt,
      source,
      pollAfterSeconds: pollAfterSeconds(facts, provider, now),
      version: ownVersion,
    };
  };
  const children = descendants(task).map((child) => complete(child, versionOf(child), {}));
  const path = (suffix: string) => taskPath({ provider: provider.id, id: task.id, ...scope }, suffix);
  const links = { self: path(''), ...(hasArtifact ? { artifact: path('/artifact') } : {}) };
  return { ...complete(task, version, { children }), view: 'full', links };
}

/** Sub-jobs in upstream order, those of a sub-job right after it. */
function descendants({ children }: TaskData): readonly TaskData[] {
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** The same task, found another way. */
export function withSource(task: Task, source: TaskSource): Task {
  return { ...task, source, children: task.children.map((child) => ({ ...child, source })) };
}

/** The same task without what can be large. */
export function basicView(task: Task): Task {
  return { ...task, parameters: null, result: null, children: [], view: 'basic' };
}

/** Path and query of a task: everything that another process needs to ask the same again. */
export function taskPath({ provider, id, ...scope }: Pick<Task, 'provider' | 'id'> & TaskScope, suffix = ''): string {
  const given = Object.entries(scope).filter((entry): entry is [string, string] => entry[1] !== null);
  const query = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  return `/tasks/${provider}/${encodeURIComponent(id)}${suffix}?${query}`;
}

/**
 * Whole seconds until it is worth asking again; null when done. Grows with the age of a task, a tenth of it, between
 * the provider's bounds. What waits for a human or speaks an unknown word is looked at least often.
 */
export function pollAfterSeconds(
  task: Pick<TaskData, 'done' | 'status' | 'startedAt' | 'createdAt'>,
  { poll }: Pick<Provider, 'poll'>,
  now: number,
): number | null {
  if (task.done) return null;
  if (task.status === 'action_required' || task.status === 'unknown') return poll.maxSeconds;
  const began = task.startedAt ?? task.createdAt;
  if (began === null) return poll.minSeconds;
  const tenth = Math.floor((now - Date.parse(began)) / 10_000);
  return Math.min(poll.maxSeconds, Math.max(poll.minSeconds, tenth));
}
