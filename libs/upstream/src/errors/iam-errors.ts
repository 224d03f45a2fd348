import { errorRules } from '@gateway/tasks';

const SETTINGS = {
  remedy: 'Check the identity endpoint, account, user and project that are configured for this region.',
};
const LOGIN = { remedy: 'Check the user and the password or key that are configured for this region.' };
const USER = {
  remedy:
    'Check projectId, and in the console of the cloud whether the user is enabled and may use the API without a second factor.',
};

const [REFUSED, MISCONFIGURED] = ['upstream-credentials-rejected', 'upstream-misconfigured'] as const;

/**
 * Codes of the identity service when the gateway logs in. Nothing here is a mistake of the caller: the token request is
 * made of configuration alone.
 */
export const IAM_ERRORS = errorRules([
  ['400', 400, MISCONFIGURED, 'The identity service could not read the login of the gateway.', SETTINGS],
  ['401', 401, REFUSED, 'The identity service refused the user or the password of the gateway.', LOGIN],
  [
    '403',
    403,
    REFUSED,
    'The user of the gateway is locked, may not log in this way, or may not enter this project.',
    USER,
  ],
  ['404', 404, MISCONFIGURED, 'The identity service knows no such account, project or address.', SETTINGS],
  ['409', 409, 'upstream-error', 'The identity service was changing the user of the gateway.'],
  ['429', 429, 'upstream-throttled', 'The gateway logged in too often.'],
  ['500', 500, 'upstream-error', 'The identity service had an internal error.'],
  ['503', 503, 'upstream-unavailable', 'The identity service is not available.'],
  ['IAM.0001', 401, REFUSED, 'The identity service asks for credentials that it accepts.', LOGIN],
  [/^IAM\.000[23]$/, 403, REFUSED, 'The user of the gateway may not log in to this project.', LOGIN],
  // Its own examples write `Iam.0004` as well.
  [/^IAM\.0004$/i, 404, MISCONFIGURED, 'The identity service knows no such account or project.', SETTINGS],
  ['IAM.0006', 500, 'upstream-error', 'The identity service had an internal error.'],
  // The rest of a long list, by the status that it comes with.
  [
    /^IAM\.\d{4}$/,
    [400, 404, 409],
    MISCONFIGURED,
    'The identity service did not accept the login of the gateway.',
    { onlyHttp: true, ...SETTINGS },
  ],
  [
    /^IAM\.\d{4}$/,
    [401, 403],
    REFUSED,
    'The identity service refused the user of the gateway.',
    { onlyHttp: true, ...LOGIN },
  ],
]);
