import { errorRules } from '@gateway/tasks';

/** Codes that the compute family shares (ECS, EVS, IMS and their kin), whichever of them answers. */
export const COMMON_ERRORS = errorRules([
  [
    'Common.0011',
    400,
    'task-not-found',
    'The service knows no job of this id: it is wrong, or the job of another service.',
    { remedy: 'Check the id, and ask the provider that started the job.' },
  ],
  ['Common.0001', 500, 'upstream-error', 'The service had an internal error.'],
  ['Common.0013', [401, 400], 'upstream-credentials-rejected', 'The token is not valid.'],
  ['Common.0018', 400, 'upstream-misconfigured', 'The project is not the one of the token.'],
  [/^Common\.(?:002[0125]|0999)$/, 400, 'upstream-error', 'The service could not look the job up.'],
  ['Common.0024', 202, 'upstream-throttled', 'The service limits how often it is asked, and says so in a success.'],
  ['Common.1503', [503, 429], 'upstream-throttled', 'The service limits how often it is asked.'],
  [
    'Pdp.0001',
    403,
    'permission-denied',
    'A fine-grained policy does not allow the account to read jobs of the service.',
  ],
]);
