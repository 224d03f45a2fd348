import { Problem } from '@gateway/problems';

/** The longest pause that is named below. */
export const PAUSE_SECONDS = 300;
const problemWith = (slug: Problem['slug'], retryAfterSeconds: number | null): Problem =>
  new Problem(slug, { detail: 'It is so.', retryAfterSeconds });
/** What a cloud in a mood answers, but for one that is well. */
export const problems = {
  away: problemWith('upstream-unavailable', null),
  awayForLong: problemWith('upstream-unavailable', 60),
  limited: problemWith('rate-limited', null),
  limitedForShort: problemWith('rate-limited', 20),
  limitedForLong: problemWith('rate-limited', PAUSE_SECONDS),
  missing: problemWith('task-not-found', null),
};
export const denial = problemWith('permission-denied', null);
export type Mood = 'well' | keyof typeof problems;
