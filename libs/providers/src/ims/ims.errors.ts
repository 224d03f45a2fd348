import { errorRules } from '@gateway/tasks';
import type { ErrorRule } from '@gateway/tasks';

/** Codes of the image service that a job query can end in. */
export const IMS_ERRORS: readonly ErrorRule[] = [
  ...errorRules(
    {
      problem: 'task-not-found',
      retry: 'never',
      remedy: 'Check the job id, projectId and region; jobs of other services cannot be asked for here.',
    },
    // IMS has no 404 for jobs: a well-formed id that it does not know ends in this error of the query itself.
    [['IMG.0023', [400], 'The image service could not find the job.']],
  ),
  ...errorRules(
    {
      problem: 'upstream-misconfigured',
      retry: 'never',
      remedy: 'Use the project that the credentials were issued for, in the same region.',
    },
    [
      // Not "credentials rejected": the front has checked the token before the image service sees the request. What is
      // left is a project that does not belong to the token, and nobody should be logged out for that.
      ['IMG.0030', [400], 'The project id and the token do not fit together.'],
      [['IMG.0067', 'IMG.0145'], [400], 'The image service does not know the project.'],
      ['IMG.0104', [400], 'The region has several projects, and the request does not say which.'],
      ['IMG.0108', [400], 'The account is not known in this region.'],
    ],
  ),
  ...errorRules(
    {
      problem: 'upstream-credentials-rejected',
      retry: 'never',
      remedy: 'Check the credentials that are configured for this provider and region.',
    },
    [['IMG.0087', [400], 'The image service did not accept the token.']],
  ),
  ...errorRules(
    {
      problem: 'permission-denied',
      retry: 'never',
      remedy: 'Ask for read permission on the image service in this project.',
    },
    [
      ['IMG.0026', [403], 'The account may not read jobs of the image service.'],
      [['IMG.0047', 'IMG.0106'], [400], 'The image belongs to somebody else.'],
      ['IMG.0161', [400], 'The account has no permission for this at the image service.'],
    ],
  ),
  ...errorRules(
    { problem: 'account-restricted', retry: 'never', remedy: 'Settle it in the account centre of the cloud.' },
    [
      ['IMG.0238', [400], 'The identity of the account holder has not been verified.'],
      ['IMG.0239', [400], 'The balance of the cloud account is too low.'],
      ['IMG.0241', [400], 'The cloud account has no complete means of payment.'],
      ['IMG.0242', [400], 'The budget of the department is used up.'],
    ],
  ),
  ...errorRules(
    {
      problem: 'upstream-throttled',
      retry: 'never',
      remedy: 'Wait as long as Retry-After says, and ask less often.',
    },
    [['IMG.0060', [400], 'The image service has too many tasks of this account at once.']],
  ),
  ...errorRules({ problem: 'validation-failed', retry: 'never', remedy: 'Check the job id and projectId.' }, [
    ['IMG.0001', [400], 'The image service could not read the request.'],
    ['IMG.0017', [400], 'The image service could not read the request address.'],
    ['IMG.0024', [400], 'The image service found a parameter that is not valid.'],
    ['IMG.0031', [400], 'The image service did not accept the id.'],
  ]),
  ...errorRules(
    {
      problem: 'upstream-error',
      retry: 'once',
      remedy: 'Ask again later; report the request id if it stays.',
    },
    [
      ['IMG.0014', [400], 'A service that the image service needs failed.'],
      // About submitting a job; in answer to a query it is the service's own mistake.
      ['IMG.0018', [400], 'The image service failed to handle the job.'],
      ['IMG.0061', [400], 'The image service had an internal error.'],
      [['IMG.0053', 'IMG.0064', 'IMG.0065', 'IMG.0114'], [400], 'The image service could not learn about the account.'],
      [['IMG.0154', 'IMG.0155'], [400], 'The image service could not learn about the enterprise project.'],
    ],
  ),
];
