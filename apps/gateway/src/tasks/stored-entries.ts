import type { EntryChecks, NegativeEntry, StoredTask } from '@gateway/cache';
import { isObject, TASK_OUTCOMES, TASK_STATUSES } from '@gateway/tasks';
import type { Provider, Task, TaskAddress } from '@gateway/tasks';
import { Problem } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';

/** What {@link versionOf} makes: it becomes a header. */
const VERSION = /^[\w-]{22}$/;
const FILE_NAME = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>:"/\\|?*]{1,200}$/u;

/**
 * Whether what lies in Redis could be of this gateway: nothing else becomes a header, a download or a Task, whoever wrote
 * it. Where no secret says that a gateway wrote it, its text is read as well.
 */
export function entryChecks(providers: readonly Provider[]): EntryChecks {
  const artifactTypes = new Map(providers.map(({ id, artifactTypes: types }) => [id, new Set(types)]));
  return {
    negative: isNegativeEntry,
    task: (stored, address, isOurs) => {
      const { version, body, artifact } = stored;
      if (!VERSION.test(version) || !body.startsWith(beginOf(address)) || !body.endsWith('}')) return false;
      if (artifact !== null && artifactTypes.get(address.provider)?.has(artifact.mediaType) !== true) return false;
      return (artifact === null || FILE_NAME.test(artifact.fileName)) && (isOurs || isTask(stored));
    },
  };
}

/** Written once for an address that outlives a request: a thirtieth of a hit from Redis (`npm run bench -- --profile redis`). */
const begins = new WeakMap<TaskAddress, string>();

/** How the text of every Task begins, see `presentTask`. */
function beginOf(address: TaskAddress): string {
  let begin = begins.get(address);
  if (begin === undefined) {
    const { id, provider, region, projectId, instanceId } = address;
    begin = `${JSON.stringify({ id, provider, scope: { region, projectId, instanceId } }).slice(0, -1)},`;
    begins.set(address, begin);
  }
  return begin;
}

function isTask({ body, final, version, observedAt, pollAfterSeconds }: StoredTask): boolean {
  const task = parsed(body);
  if (task === null || typeof task.done !== 'boolean' || (final && !task.done)) return false;
  const isKnown =
    TASK_STATUSES.includes(task.status) && (task.outcome === null || TASK_OUTCOMES.includes(task.outcome));
  const isWhole = Array.isArray(task.children) && Array.isArray(task.resources) && isObject(task.links);
  const isSame = task.version === version && task.pollAfterSeconds === pollAfterSeconds;
  const isAsStored = task.source === 'cache' && task.view === 'full' && Date.parse(task.observedAt) === observedAt;
  return isKnown && isWhole && isSame && isAsStored;
}

/** Null also for text that no gateway has written: with a member twice, or nested so deep that it cannot be written again. */
function parsed(body: string): Task | null {
  try {
    const task: unknown = JSON.parse(body);
    return isObject(task) && JSON.stringify(task) === body ? (task as unknown as Task) : null;
  } catch {
    return null;
  }
}

/** Answers of 403 and 404 about a task: they hold for a while. */
const REMEMBERED: ReadonlySet<string> = new Set([
  'permission-denied',
  'account-restricted',
  'task-not-found',
  'scope-not-found',
]);

/** What is remembered of a problem; null for one that says nothing of the next request. */
export function negativeEntryOf(problem: unknown): NegativeEntry | null {
  if (!(problem instanceof Problem) || !REMEMBERED.has(problem.slug)) return null;
  const { detail, provider = null, upstream = null } = problem.options;
  return { slug: problem.slug, detail, provider, upstream };
}

const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

/** Whether {@link negativeEntryOf} could have made it. */
function isNegativeEntry({ slug, detail, provider, upstream }: NegativeEntry): boolean {
  if (typeof slug !== 'string' || !REMEMBERED.has(slug)) return false;
  if (typeof detail !== 'string' || !isTextOrNull(provider)) return false;
  if (upstream === null) return true;
  if (!isObject(upstream)) return false;
  const { status, code, requestId, ...others } = upstream;
  const isStatus = status === null || Number.isInteger(status);
  return isStatus && isTextOrNull(code) && isTextOrNull(requestId) && Object.keys(others).length === 0;
}

/** The problem that was remembered. @param entry for which {@link isNegativeEntry} holds */
export function problemOfEntry({ slug, detail, provider, upstream }: NegativeEntry): Problem {
  return new Problem(slug as ProblemSlug, {
    detail: String(detail),
    provider: provider as string | null,
    upstream: upstream as NonNullable<Problem['options']['upstream']> | null,
  });
}
