import { errorRules } from '@gateway/tasks';
import type { ErrorRule } from '@gateway/tasks';

const CREDENTIALS = 'Check the credentials that are configured for this provider and region.';
const IDS = 'Check the task id, instanceId and projectId.';
const PERMISSION = 'Ask for read permission on DMS in this project.';
const LATER = 'Ask again later; report the request id if it stays.';

/** Codes of the message service, the same for Kafka, RabbitMQ and RocketMQ. */
export const DMS_ERRORS: readonly ErrorRule[] = [
  ...errorRules({ problem: 'validation-failed', retry: 'never', remedy: IDS }, [
    ['DMS.00400070', [400], 'The task id does not have the form that DMS expects.'],
    [['DMS.00400030', 'DMS.00400061'], [400], 'The instance id does not have the form that DMS expects.'],
    [['DMS.00400002', 'DMS.10240005'], [400], 'The project id does not have the form that DMS expects.'],
    [['DMS.00400062', 'DMS.00400800', 'DMS.10540014'], [400], 'DMS found a parameter that is not valid.'],
  ]),
  ...errorRules({ problem: 'upstream-credentials-rejected', retry: 'never', remedy: CREDENTIALS }, [
    ['DMS.10240101', [401], 'DMS did not accept the token.'],
    ['DMS.10240103', [401], 'DMS received no token.'],
  ]),
  {
    code: 'DMS.10240102',
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'new-token',
    cause: 'The token has expired.',
    remedy: 'Ask again; with a token of your own, log in to the cloud first.',
  },
  {
    // Sent as 401, but a new login would bring the same token.
    code: 'DMS.10240104',
    http: [401],
    problem: 'upstream-misconfigured',
    retry: 'never',
    cause: 'The token was issued for another project.',
    remedy: 'Use the project that the credentials were issued for, in the same region.',
  },
  ...errorRules({ problem: 'permission-denied', retry: 'never', remedy: PERMISSION }, [
    [['DMS.00403002', 'DMS.00403003'], [403], 'The account may not read tasks of this DMS instance.'],
    [
      ['DMS.10240309', 'DMS.10240310', 'DMS.10240311', 'DMS.10240312'],
      [403],
      'The account may not use DMS in this way.',
    ],
  ]),
  ...errorRules(
    { problem: 'account-restricted', retry: 'never', remedy: 'Have the cloud account released by its vendor.' },
    [
      ['DMS.10240306', [403], 'The cloud account is frozen.'],
      ['DMS.00500986', [400], 'The cloud account is restricted.'],
      ['DMS.00500987', [400], 'The balance of the cloud account is too low.'],
    ],
  ),
  {
    code: 'DMS.00404022',
    http: [404],
    problem: 'scope-not-found',
    retry: 'never',
    cause: 'The project has no DMS instance with this id.',
    remedy: 'Check instanceId, projectId and region.',
  },
  ...errorRules(
    {
      problem: 'upstream-misconfigured',
      retry: 'never',
      remedy: 'Check the endpoint that is configured for this region.',
    },
    [
      [['DMS.00404001', 'DMS.10240406'], [404], 'The address of the request does not exist at DMS.'],
      ['DMS.00405001', [405], 'The address of the request cannot be read at DMS.'],
    ],
  ),
  {
    // Sent as 404: the task may well exist.
    code: 'DMS.10240407',
    http: [404],
    problem: 'upstream-throttled',
    retry: 'never',
    cause: 'DMS was asked too often.',
    remedy: 'Wait as long as Retry-After says, and ask less often.',
  },
  {
    code: 'DMS.111501025',
    http: [503],
    problem: 'upstream-unavailable',
    retry: 'backoff',
    cause: 'DMS is busy.',
    remedy: 'Ask again later.',
  },
  {
    code: 'DMS.111501024',
    http: [408],
    problem: 'upstream-timeout',
    retry: 'once',
    cause: 'DMS did not find an answer in time.',
    remedy: 'Ask again later.',
  },
  ...errorRules({ problem: 'upstream-error', retry: 'once', remedy: LATER }, [
    // With 400 the same family is about the request: asked again, it says the same.
    [/^DMS\.005\d{5}$/, [500, 501], 'DMS had an internal error.', { onlyHttp: [500, 501] }],
    [/^DMS\.1025000\d$/, [500], 'A service that DMS needs had an internal error.'],
  ]),
];
