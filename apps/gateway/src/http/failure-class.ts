import { Problem } from '@gateway/problems';

/** What a failure is, in one of few words: the slug of a problem, or `called-off` where nobody waited any more. */
export function failureClass(error: unknown): string {
  return error instanceof Problem ? error.slug : 'called-off';
}
