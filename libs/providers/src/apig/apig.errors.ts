import { errorRules } from '@gateway/tasks';
import type { ErrorRule } from '@gateway/tasks';

const IDS = 'Check the task id, instanceId and projectId.';
const OPERATOR_TOKEN = 'Check the credentials and the login scope that are configured for this provider and region.';
const PERMISSION = 'Ask for the action apig:asyncTask:get in this project.';

/**
 * Codes of the APIG management API, and of the `APIC` API that manages its instances. `APIG.0xxx` is not here: those
 * come from the cloud's front, which shares the prefix and also has codes of its own in the 1000s, so that everything
 * here is listed code by code.
 */
export const APIG_ERRORS: readonly ErrorRule[] = [
  ...errorRules(
    {
      problem: 'task-not-found',
      retry: 'never',
      remedy: 'Check the task id, and that the task was started on this instance.',
    },
    [[['APIG.3093', 'APIG.3072', 'APIG.3094'], [404], 'The APIG instance has no asynchronous task with this id.']],
  ),
  ...errorRules({ problem: 'scope-not-found', retry: 'never', remedy: 'Check instanceId, projectId and region.' }, [
    [['APIG.3030', 'APIC.7302'], [404], 'The project has no APIG instance with this id.'],
  ]),
  ...errorRules({ problem: 'validation-failed', retry: 'never', remedy: IDS }, [
    ['APIG.2000', [400], 'APIG found a parameter that is not valid.'],
    ['APIG.2001', [400], 'APIG misses a parameter that it requires.'],
    [
      [
        'APIG.2002',
        'APIG.2003',
        'APIG.2004',
        'APIG.2005',
        'APIG.2006',
        'APIG.2007',
        'APIG.2008',
        'APIG.2009',
        'APIG.2010',
        'APIG.2011',
        'APIG.2012',
        'APIG.2013',
      ],
      [400],
      'A parameter does not have the form that APIG expects.',
    ],
    ['APIC.7211', [400], 'A parameter does not have the form that APIG expects.'],
  ]),
  ...errorRules(
    {
      problem: 'upstream-credentials-rejected',
      retry: 'new-token',
      remedy: 'Ask again; with a token of your own, log in to the cloud first.',
    },
    [[['APIG.1001', 'APIC.7101'], [401], 'The token has expired.']],
  ),
  ...errorRules({ problem: 'upstream-credentials-rejected', retry: 'never', remedy: OPERATOR_TOKEN }, [
    [['APIG.1000', 'APIC.7100'], [401], 'APIG received no token.'],
    [['APIG.1002', 'APIC.7102'], [401], 'APIG could not read the token or did not accept it.'],
    [['APIG.1003', 'APIC.7103'], [401], 'The token is not bound to a project.'],
    ['APIG.1007', [401], 'The token does not name an account.'],
    ['APIG.1008', [401], 'APIG does not know the account that the token names.'],
    [['APIG.1009', 'APIC.7105'], [401], 'The token does not name a user.'],
    ['APIC.7107', [401], 'The token does not name a role.'],
  ]),
  ...errorRules({ problem: 'permission-denied', retry: 'never', remedy: PERMISSION }, [
    // The page of this call says 403, the list of all codes 401; the meaning is the same.
    ['APIG.1005', [403, 401], 'The account may not read asynchronous tasks of APIG.'],
    [['APIG.1020', 'APIC.7300'], [403], 'The account may not do this at APIG.'],
    ['APIG.1119', [400], 'The account may not do this at APIG.'],
    ['APIG.1149', [409], 'The account may not read tasks of this APIG instance.'],
    [['APIG.1136', 'APIG.1140', 'APIG.1301'], [403], 'The account may not use this APIG instance.'],
    [
      ['APIC.7106', 'APIC.7110', 'APIC.7111', 'APIC.7118', 'APIC.7130', 'APIC.7134'],
      [403],
      'The account may not use this APIG instance.',
    ],
    ['APIG.1201', [400], 'The instance belongs to another account.'],
    ['APIG.3712', [409], 'The instance belongs to another account.'],
  ]),
  {
    // Sent as 401, but nobody's credentials are wrong.
    code: 'APIG.1010',
    http: [401],
    problem: 'upstream-unavailable',
    retry: 'backoff',
    cause: 'APIG could not reach the service that checks permissions.',
    remedy: 'Ask again later.',
  },
  {
    code: 'APIG.1011',
    http: [401],
    problem: 'account-restricted',
    retry: 'never',
    cause: 'The identity of the account holder has not been verified.',
    remedy: 'Complete the identity verification of the cloud account.',
  },
  {
    code: 'APIG.1012',
    http: [401],
    problem: 'account-restricted',
    retry: 'never',
    cause: 'The cloud account is in arrears.',
    remedy: 'Settle the balance of the cloud account.',
  },
  ...errorRules(
    { problem: 'account-restricted', retry: 'never', remedy: 'Have the cloud account released by its vendor.' },
    [
      ['APIG.1013', [401], 'The cloud account is frozen.'],
      ['APIC.7109', [403], 'The cloud account is suspended.'],
    ],
  ),
  {
    // Sent as 500: asked again at once, it says the same.
    code: 'APIG.9008',
    http: [500],
    problem: 'upstream-throttled',
    retry: 'never',
    cause: 'APIG was asked too often.',
    remedy: 'Wait as long as Retry-After says, and ask less often.',
  },
  ...errorRules(
    { problem: 'upstream-error', retry: 'once', remedy: 'Ask again later; report the request id if it stays.' },
    [
      [['APIG.9999', 'APIC.7253', 'APIC.9999'], [500], 'APIG had an internal error.'],
      ['APIG.1029', [500], 'APIG could not reach the service that checks permissions.'],
      [
        ['APIG.3500', 'APIG.9003', 'APIG.9004', 'APIG.9005', 'APIG.9006', 'APIG.9007', 'APIG.9013'],
        [500],
        'A service that APIG needs failed.',
      ],
      [['APIC.9000', 'APIC.9007', 'APIC.9100', 'APIC.9209'], [500], 'A service that APIG needs failed.'],
    ],
  ),
];
