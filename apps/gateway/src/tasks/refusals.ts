import type { Refusal } from '@gateway/cache';
import { Problem, isProblemSlug } from '@gateway/problems';

/** Answers of 403 and 404 about a task: they hold for a while. */
const REMEMBERED: ReadonlySet<string> = new Set([
  'permission-denied',
  'account-restricted',
  'task-not-found',
  'scope-not-found',
]);

/** What is remembered of a problem; null for one that says nothing of the next request. */
export function refusalOf(problem: unknown): Refusal | null {
  if (!(problem instanceof Problem) || !REMEMBERED.has(problem.slug)) return null;
  const { detail, provider = null, upstream = null } = problem.options;
  return { slug: problem.slug, detail, provider, upstream };
}

/** The problem that was remembered. */
export function refusalProblem({ slug, detail, provider, upstream }: Refusal): Problem {
  const known = typeof slug === 'string' && isProblemSlug(slug) ? slug : 'task-not-found';
  return new Problem(known, {
    detail: String(detail),
    provider: provider as string | null,
    upstream: upstream as NonNullable<Problem['options']['upstream']> | null,
  });
}
