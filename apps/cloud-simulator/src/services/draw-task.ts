import type { Fixture } from '@gateway/providers/testing';
import { isObject } from '@gateway/tasks';
import type { TaskData } from '@gateway/tasks';
import type { LivingTask, TaskMoment } from '../tasks/living-task.js';
import { madeUpLike } from '../tasks/made-up.js';
import { readMoment, writeLike } from '../tasks/time-form.js';

/** The body of an example, about another task: with its id and type, its times, and resources and sub-jobs of its own. */
export function drawTask(example: Fixture, shown: TaskData, { task, phase }: TaskMoment): unknown {
  const names = namesOf(example, shown, task);
  const times = timesOf(shown, task, phase);
  return mapValues(example.reply.body, (value) => {
    const text = String(value);
    const time = names.has(text) ? null : readMoment(text);
    const drawn =
      time === null
        ? text
            .split(',')
            .map((part) => rename(part, names))
            .join(',')
        : writeLike(text, times(time));
    return typeof value === 'number' ? Number(drawn) : drawn;
  });
}

/** What the example's names become. The same thing has the same name in all phases of the task. */
function namesOf({ request }: Fixture, shown: TaskData, { id, type }: LivingTask): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const add = (old: string, what: string) => names.has(old) || names.set(old, madeUpLike(old, id, what));
  const addAll = (parent: TaskData): void => {
    parent.resources.forEach((resource, at) => add(resource.id, `${resource.type}/${at}`));
    parent.children.forEach((child, at) => {
      add(child.id, `child/${at}`);
      addAll(child);
    });
  };
  names.set(request.id, id);
  if (shown.type !== null) names.set(shown.type, type);
  addAll(shown);
  return names;
}

function rename(part: string, names: ReadonlyMap<string, string>): string {
  const name = part.trim();
  return part.replace(name, () => names.get(name) ?? name);
}

/** The times of the example that mean something become those of the task; the others keep their distance. */
function timesOf(shown: TaskData, task: LivingTask, phase: TaskMoment['phase']): (time: string) => number {
  const { createdAt, startsAt, endsAt } = task;
  // A service without a time of creation tells when a job began as soon as it waits.
  const begin = shown.createdAt === null ? createdAt : startsAt;
  const change = phase === 'queued' ? createdAt : phase === 'running' ? startsAt : endsAt;
  const known: readonly (readonly [string | null, number])[] = [
    [shown.createdAt, createdAt],
    [shown.startedAt, begin],
    [shown.endedAt, endsAt],
    [shown.updatedAt, change],
  ];
  const [first, base] = known.find(([time]) => time !== null) ?? [null, createdAt];
  const shift = base - Date.parse(first ?? new Date(base).toISOString());
  return (time) => known.find(([old]) => old === time)?.[1] ?? Date.parse(time) + shift;
}

/** Any JSON, with every text and number replaced. */
function mapValues(value: unknown, map: (value: string | number) => string | number): unknown {
  if (Array.isArray(value)) return value.map((item) => mapValues(item, map));
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapValues(item, map)]));
  return typeof value === 'string' || typeof value === 'number' ? map(value) : value;
}
