import type { ErrorRule } from '@gateway/tasks';

/** Codes of the image service that a job query can end in. */
export const IMS_ERRORS: readonly ErrorRule[] = [
  {
    // IMS has no 404 for jobs: a well-formed id that it does not know ends in this error of the query itself.
    code: 'IMG.0023',
    http: [400],
    problem: 'task-not-found',
    repeat: 'never',
    cause: 'The image service could not find the job.',
    remedy: 'Check the job id, projectId and region; jobs of other services cannot be asked for here.',
  },
  {
    // Not "credentials rejected": the front has checked the token before the image service sees the request. What is
    // left is a project that does not belong to the token, and nobody should be logged out for that.
    code: 'IMG.0030',
    http: [400],
    problem: 'upstream-misconfigured',
    repeat: 'never',
    cause: 'The project id and the token do not fit together.',
    remedy: 'Use the project that the credentials were issued for, in the same region.',
  },
  {
    code: 'IMG.0026',
    http: [403],
    problem: 'permission-denied',
    repeat: 'never',
    cause: 'The account may not read jobs of the image service.',
    remedy: 'Ask for read permission on the image service in this project.',
  },
  {
    code: 'IMG.0017',
    http: [400],
    problem: 'validation-failed',
    repeat: 'never',
    cause: 'The image service could not read the request address.',
    remedy: 'Check the job id and projectId.',
  },
  {
    code: 'IMG.0024',
    http: [400],
    problem: 'validation-failed',
    repeat: 'never',
    cause: 'The image service found a parameter that is not valid.',
    remedy: 'Check the job id and projectId.',
  },
  {
    // About submitting a job; in answer to a query it is the service's own mistake.
    code: 'IMG.0018',
    http: [400],
    problem: 'upstream-error',
    repeat: 'once',
    cause: 'The image service failed to handle the job.',
    remedy: 'Ask again later; report the request id if it stays.',
  },
];
