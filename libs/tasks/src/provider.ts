import type { HostLabels } from './cloud.js';
import type { ErrorRule } from './error-rules.js';
import { describeMembers } from './schema.js';
import type { ResultSchema } from './schema.js';
import { SCOPE_PATTERN } from './task.js';
import type { TaskData, TaskStatus } from './task.js';

/** Scope members that a path can need besides the region. */
export type ScopeMember = 'projectId' | 'instanceId';

/** A file that a finished task made. */
export interface Artifact {
  /** Legal on every file system. */
  readonly fileName: string;
  readonly mediaType: string;
  readonly content: string;
}

/** Headers by which an upstream tells that it throttles, names in lower case. `Retry-After` on a 403 does, too. */
export interface RateLimitHeaders {
  /** Holds how many requests are left: with none, a 403 or 429 is about the limit, whatever its body says. */
  readonly remaining: string;
  /** Holds the epoch seconds at which requests are taken again. */
  readonly reset: string;
}

/** What a body meant: the task, or why there is none in it. */
export type NormalizeResult =
  | { readonly kind: 'task'; readonly task: TaskData; readonly artifact: Artifact | null }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'another-task' }
  | { readonly kind: 'unrecognized' };

/** A task type of a provider; `result` describes the members of `Task.result` where the type is known. */
export interface TaskType {
  readonly title: string;
  readonly result: Readonly<Record<string, string>>;
}

/** Task types by their titles, whose results all have the same members. */
export function taskTypesOf(
  types: Readonly<Record<string, string | Pick<TaskType, 'title'>>>,
  members: ResultSchema['members'] = {},
): Provider['taskTypes'] {
  const result = describeMembers({ members });
  return Object.fromEntries(
    Object.entries(types).map(([type, known]) => [
      type,
      { title: typeof known === 'string' ? known : known.title, result },
    ]),
  );
}

/** One upstream, described: data, and one pure function that reads its bodies. */
export interface Provider {
  /** Route key. */
  readonly id: string;
  readonly title: string;
  /** What the service is called in the endpoints of its clouds, and so on which it is. */
  readonly service: HostLabels;
  /**
   * Path template, also with a query; each `{member}` is filled with one percent-encoded segment or value. `{+member}` keeps
   * its slashes (as in RFC 6570): what stands between them is one segment each.
   */
  readonly path: string;
  /** Headers of every request, besides or instead of the usual ones; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly scope: readonly ScopeMember[];
  /** What scope members look like where it is not as in most clouds. */
  readonly scopePatterns?: Readonly<Partial<Record<ScopeMember, RegExp>>>;
  readonly idPattern: RegExp;
  /** A task as callers may ask for it: the first of the fixtures, with its scope but for a project that looks as in most clouds. */
  readonly example: { readonly id: string } & Readonly<Partial<Record<ScopeMember, string>>>;
  readonly statuses: Readonly<Record<string, TaskStatus>>;
  readonly taskTypes: Readonly<Record<string, TaskType>>;
  /** What the results of known task types hold; left out where no task brings one. */
  readonly results?: readonly ResultSchema[];
  /** Media types that its artifacts can have; left out where no task makes a file. */
  readonly artifactTypes?: readonly string[];
  readonly errors: readonly ErrorRule[];
  /** Whether the service documents 404 for a task that it does not have: a code on a 404 that no table holds then means that. */
  readonly missingIs404?: boolean;
  /** Left out where a code or the HTTP status tells of throttling. */
  readonly rateLimit?: RateLimitHeaders;
  readonly limits: { readonly bodyBytes: number };
  /** How long the upstream keeps finished tasks, in seconds; null where that is undocumented. */
  readonly retentionSeconds: number | null;
  /**
   * Seconds for which a done answer is kept, where tasks can live again: a re-run, a retry. Left out where done is done: a
   * task that was seen done is then never shown undone, whatever an old replica of the upstream says.
   */
  readonly doneTtlSeconds?: number;
  /** Seconds for which the upstream may not know a task that it has just taken on; 0 where it knows at once. */
  readonly visibilitySeconds: number;
  /** Seconds between two looks: at least for a fresh task, at most for an old one. */
  readonly poll: { readonly minSeconds: number; readonly maxSeconds: number };
  /** The upstream's own documentation. */
  readonly documentation: string;
  /** False where the interface echoes no id, or another one: its answers are believed without. */
  readonly echoesId?: boolean;
  /**
   * Reads a success body: the task with the id that the body names, or an empty one where it names none, so that
   * `readAnswer` can tell whether it is the one with `id`. Never throws.
   */
  readonly normalize: (body: unknown, id: string) => NormalizeResult;
}

/** What a member of a provider's scope looks like. */
export function scopePatternOf({ scopePatterns }: Pick<Provider, 'scopePatterns'>, member: ScopeMember): RegExp {
  return scopePatterns?.[member] ?? SCOPE_PATTERN;
}

/** Looks a status word up; a word that the map does not hold is `unknown`, never done. */
export function statusOf(statuses: Readonly<Record<string, TaskStatus>>, word: string): TaskStatus {
  return Object.hasOwn(statuses, word) ? (statuses[word] ?? 'unknown') : 'unknown';
}

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
