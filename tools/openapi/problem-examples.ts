import { Problem, problemDocument, PROBLEM_SLUGS, PROBLEMS, validationFailed } from '@gateway/problems';
import type { ProblemContext, ProblemSlug } from '@gateway/problems';

export type Examples = Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;

/** A request that never was. */
export const CONTEXT: ProblemContext = {
  baseUrl: 'https://tasks.example.com',
  requestId: '3b241101-e2bb-4255-8caf-4136c566a962',
  instance: 'urn:uuid:3b241101-e2bb-4255-8caf-4136c566a962',
};

/** No documented operation has a wrong method, or serves files with parts and conditions; one is only known to items of a batch. */
export const UNDOCUMENTED: readonly ProblemSlug[] = [
  'answer-too-large',
  'method-not-allowed',
  'precondition-failed',
  'range-not-satisfiable',
];

/** One problem document for each slug. */
export function problemExamples(): Examples {
  return Object.fromEntries(
    PROBLEM_SLUGS.filter((slug) => !UNDOCUMENTED.includes(slug)).map((slug) => {
      const { title, meaning, retryable } = PROBLEMS[slug];
      const problem =
        slug === 'validation-failed'
          ? validationFailed([{ detail: 'view must be one of full, basic.', parameter: 'view' }])
          : new Problem(slug, { detail: meaning, retryAfterSeconds: retryable ? 5 : null });
      return [slug, { summary: title, value: problemDocument(problem, CONTEXT) }];
    }),
  );
}
