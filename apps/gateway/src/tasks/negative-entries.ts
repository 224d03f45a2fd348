import type { NegativeEntry } from '@gateway/cache';
import { Problem } from '@gateway/problems';
import type { ProblemSlug } from '@gateway/problems';
import { isObject } from '@gateway/tasks';

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
export function isNegativeEntry({ slug, detail, provider, upstream }: NegativeEntry): boolean {
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
