import type { ErrorRule } from '@gateway/tasks';

const SETTINGS = 'Check the identity endpoint, account, user and project that are configured for this region.';
const CREDENTIALS = 'Check the user and the password or key that are configured for this region.';
const LATER = 'Ask again later.';

/**
 * Codes of the identity service when the gateway logs in. Nothing here is a mistake of the caller: the token request is
 * made of configuration alone.
 */
export const IAM_ERRORS: readonly ErrorRule[] = [
  {
    code: '400',
    http: [400],
    problem: 'upstream-misconfigured',
    retry: 'never',
    cause: 'The identity service could not read the login of the gateway.',
    remedy: SETTINGS,
  },
  {
    code: '401',
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The identity service refused the user or the password of the gateway.',
    remedy: CREDENTIALS,
  },
  {
    code: '403',
    http: [403],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The user of the gateway is locked, may not log in this way, or may not enter this project.',
    remedy:
      'Check projectId, and in the console of the cloud whether the user is enabled and may use the API without a second factor.',
  },
  {
    code: '404',
    http: [404],
    problem: 'upstream-misconfigured',
    retry: 'never',
    cause: 'The identity service knows no such account, project or address.',
    remedy: SETTINGS,
  },
  {
    code: '409',
    http: [409],
    problem: 'upstream-error',
    retry: 'once',
    cause: 'The identity service was changing the user of the gateway.',
    remedy: LATER,
  },
  {
    code: '429',
    http: [429],
    problem: 'upstream-throttled',
    retry: 'never',
    cause: 'The gateway logged in too often.',
    remedy: 'Wait as long as Retry-After says.',
  },
  {
    code: '500',
    http: [500],
    problem: 'upstream-error',
    retry: 'once',
    cause: 'The identity service had an internal error.',
    remedy: LATER,
  },
  {
    code: '503',
    http: [503],
    problem: 'upstream-unavailable',
    retry: 'backoff',
    cause: 'The identity service is not available.',
    remedy: LATER,
  },
  {
    code: 'IAM.0001',
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The identity service asks for credentials that it accepts.',
    remedy: CREDENTIALS,
  },
  {
    code: /^IAM\.000[23]$/,
    http: [403],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The user of the gateway may not log in to this project.',
    remedy: CREDENTIALS,
  },
  {
    // Its own examples write `Iam.0004` as well.
    code: /^IAM\.0004$/i,
    http: [404],
    problem: 'upstream-misconfigured',
    retry: 'never',
    cause: 'The identity service knows no such account or project.',
    remedy: SETTINGS,
  },
  {
    code: 'IAM.0006',
    http: [500],
    problem: 'upstream-error',
    retry: 'once',
    cause: 'The identity service had an internal error.',
    remedy: LATER,
  },
  // The rest of a long list, by the status that it comes with.
  {
    code: /^IAM\.\d{4}$/,
    http: [400, 404, 409],
    onlyHttp: [400, 404, 409],
    problem: 'upstream-misconfigured',
    retry: 'never',
    cause: 'The identity service did not accept the login of the gateway.',
    remedy: SETTINGS,
  },
  {
    code: /^IAM\.\d{4}$/,
    http: [401, 403],
    onlyHttp: [401, 403],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The identity service refused the user of the gateway.',
    remedy: CREDENTIALS,
  },
];
