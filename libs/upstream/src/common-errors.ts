import type { ErrorRule } from '@gateway/tasks';

const LATER = 'Ask again after the time in Retry-After.';

/** Codes that the compute family shares (ECS, EVS, IMS and their kin), whichever of them answers. */
export const COMMON_ERRORS: readonly ErrorRule[] = [
  {
    code: 'Common.0011',
    http: [400],
    problem: 'task-not-found',
    retry: 'never',
    cause: 'The service knows no job of this id: it is wrong, or the job of another service.',
    remedy: 'Check the id, and ask the provider that started the job.',
  },
  {
    code: 'Common.0013',
    http: [401, 400],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The token is not valid.',
    remedy: 'Use a new token of this region and project.',
  },
  {
    code: 'Common.0018',
    http: [400],
    problem: 'upstream-misconfigured',
    retry: 'never',
    cause: 'The project is not the one of the token.',
    remedy: 'Check projectId and region.',
  },
  {
    code: /^Common\.002[15]$/,
    http: [400],
    problem: 'upstream-error',
    retry: 'once',
    cause: 'The service could not look the job up.',
    remedy: 'Ask again later.',
  },
  {
    code: 'Common.0024',
    http: [202],
    problem: 'upstream-throttled',
    retry: 'never',
    cause: 'The service limits how often it is asked, and says so in a success.',
    remedy: LATER,
  },
  {
    code: 'Common.1503',
    http: [503, 429],
    problem: 'upstream-throttled',
    retry: 'never',
    cause: 'The service limits how often it is asked.',
    remedy: LATER,
  },
];
