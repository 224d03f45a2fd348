import { errorRules, SCOPE_PATTERN } from '@gateway/tasks';
import type { Provider } from '@gateway/tasks';
import { APIG_ARTIFACT_TYPES } from './apig.export.js';
import { normalizeApigTask } from './apig.normalize.js';
import { APIG_EXPORT, APIG_IMPORT, APIG_STATUSES, APIG_TASK_TYPES } from './apig.vocabulary.js';

const REFUSED = 'upstream-credentials-rejected';
const BAD_FORM = 'A parameter does not have the form that APIG expects.';
const NOT_THIS_INSTANCE = 'The account may not use this APIG instance.';
const ACTION = { remedy: 'Ask for the action apig:asyncTask:get in this project.' };

/** API Gateway (dedicated): imports and exports of API definitions. */
export const APIG: Provider = {
  id: 'apig',
  title: 'API Gateway',
  service: 'apig',
  path: '/v2/{projectId}/apigw/instances/{instanceId}/async-tasks/{id}',
  scope: ['projectId', 'instanceId'],
  idPattern: SCOPE_PATTERN,
  example: { id: 'd9ce8c9eede54b3f841ec324fe0bfdc2', instanceId: 'eddc4d25480b4cd6b512f270a1b8b341' },
  statuses: APIG_STATUSES,
  taskTypes: APIG_TASK_TYPES,
  results: [APIG_IMPORT, APIG_EXPORT],
  artifactTypes: APIG_ARTIFACT_TYPES,
  // `APIG.0xxx` is not here: those come from the cloud's front, which shares the prefix and also has codes of its own in
  // the 1000s, so that everything here is listed code by code. `APIC` is the API that manages instances.
  errors: errorRules([
    [
      'APIG.3093 APIG.3072 APIG.3094',
      404,
      'task-not-found',
      'The APIG instance has no asynchronous task with this id.',
    ],
    ['APIG.3030 APIC.7302', 404, 'scope-not-found', 'The project has no APIG instance with this id.'],
    ['APIG.2000', 400, 'validation-failed', 'APIG found a parameter that is not valid.'],
    ['APIG.2001', 400, 'validation-failed', 'APIG misses a parameter that it requires.'],
    ['APIG.2002 APIG.2003 APIG.2004 APIG.2005', 400, 'validation-failed', BAD_FORM],
    ['APIG.2006 APIG.2007 APIG.2008 APIG.2009', 400, 'validation-failed', BAD_FORM],
    ['APIG.2010 APIG.2011 APIG.2012 APIG.2013 APIC.7211', 400, 'validation-failed', BAD_FORM],
    ['APIG.1001 APIC.7101', 401, REFUSED, 'The token has expired.', { retry: 'new-token' }],
    ['APIG.1000 APIC.7100', 401, REFUSED, 'APIG received no token.'],
    ['APIG.1002 APIC.7102', 401, REFUSED, 'APIG could not read the token or did not accept it.'],
    ['APIG.1003 APIC.7103', 401, REFUSED, 'The token is not bound to a project.'],
    ['APIG.1007', 401, REFUSED, 'The token does not name an account.'],
    ['APIG.1008', 401, REFUSED, 'APIG does not know the account that the token names.'],
    ['APIG.1009 APIC.7105', 401, REFUSED, 'The token does not name a user.'],
    ['APIC.7107', 401, REFUSED, 'The token does not name a role.'],
    // The page of this call says 403, the list of all codes 401; the meaning is the same.
    ['APIG.1005', [403, 401], 'permission-denied', 'The account may not read asynchronous tasks of APIG.', ACTION],
    ['APIG.1020 APIC.7300', 403, 'permission-denied', 'The account may not do this at APIG.', ACTION],
    ['APIG.1119', 400, 'permission-denied', 'The account may not do this at APIG.', ACTION],
    ['APIG.1149', 409, 'permission-denied', 'The account may not read tasks of this APIG instance.', ACTION],
    ['APIG.1136 APIG.1140 APIG.1301', 403, 'permission-denied', NOT_THIS_INSTANCE, ACTION],
    ['APIC.7106 APIC.7110 APIC.7111', 403, 'permission-denied', NOT_THIS_INSTANCE, ACTION],
    ['APIC.7118 APIC.7130 APIC.7134', 403, 'permission-denied', NOT_THIS_INSTANCE, ACTION],
    ['APIG.1201', 400, 'permission-denied', 'The instance belongs to another account.', ACTION],
    ['APIG.3712', 409, 'permission-denied', 'The instance belongs to another account.', ACTION],
    // Sent as 401, but nobody's credentials are wrong.
    ['APIG.1010', 401, 'upstream-unavailable', 'APIG could not reach the service that checks permissions.'],
    ['APIG.1011', 401, 'account-restricted', 'The identity of the account holder has not been verified.'],
    ['APIG.1012', 401, 'account-restricted', 'The cloud account is in arrears.'],
    ['APIG.1013', 401, 'account-restricted', 'The cloud account is frozen.'],
    ['APIC.7109', 403, 'account-restricted', 'The cloud account is suspended.'],
    // Sent as 500: asked again at once, it says the same.
    ['APIG.9008', 500, 'upstream-throttled', 'APIG was asked too often.'],
    ['APIG.9999 APIC.7253 APIC.9999', 500, 'upstream-error', 'APIG had an internal error.'],
    ['APIG.1029', 500, 'upstream-error', 'APIG could not reach the service that checks permissions.'],
    ['APIG.3500 APIG.9003 APIG.9004 APIG.9005', 500, 'upstream-error', 'A service that APIG needs failed.'],
    ['APIG.9006 APIG.9007 APIG.9013', 500, 'upstream-error', 'A service that APIG needs failed.'],
    ['APIC.9000 APIC.9007 APIC.9100 APIC.9209', 500, 'upstream-error', 'A service that APIG needs failed.'],
  ]),
  missingIs404: true,
  // An export carries a whole API document, escaped twice.
  limits: { bodyBytes: 32 * 1024 * 1024 },
  retentionSeconds: null,
  visibilitySeconds: 0,
  poll: { minSeconds: 2, maxSeconds: 10 },
  documentation:
    'https://docs.otc.t-systems.com/api-gateway/api-ref/dedicated_gateway_apis_v2/asynchronous_task_management/querying_the_result_of_an_asynchronous_task.html',
  normalize: normalizeApigTask,
};
