import type { ProblemSlug } from '@gateway/problems';
import type { Service } from './simulated-clouds.js';

/** How one error of a cloud has to come out of the gateway. */
export interface ErrorRow {
  readonly service: Service;
  readonly status: number;
  /** Written as this service writes errors. */
  readonly code: string;
  readonly cause: string;
  readonly slug: ProblemSlug;
  readonly attempts?: number;
  readonly wait?: number;
  /** With the caller's own token, where that makes a difference. */
  readonly own?: { readonly slug?: ProblemSlug; readonly status: number };
}

/** Errors of every category, those in disguise above all. */
export const ERROR_ROWS: readonly ErrorRow[] = [
  // Not found, in its own words and in disguise.
  {
    service: 'apig',
    status: 404,
    code: 'APIG.3093',
    slug: 'task-not-found',
    cause: 'The APIG instance has no asynchronous task with this id.',
  },
  {
    service: 'ims',
    status: 400,
    code: 'IMG.0023',
    slug: 'task-not-found',
    cause: 'The image service could not find the job.',
  },
  {
    service: 'apig',
    status: 404,
    code: 'APIG.3030',
    slug: 'scope-not-found',
    cause: 'The project has no APIG instance with this id.',
  },
  {
    service: 'dms',
    status: 404,
    code: 'DMS.00404022',
    slug: 'scope-not-found',
    cause: 'The project has no DMS instance with this id.',
  },
  // 404 that says nothing about the task.
  {
    service: 'ims',
    status: 404,
    code: 'APIGW.0101',
    slug: 'upstream-misconfigured',
    cause: 'The cloud publishes no API at this address.',
  },
  {
    service: 'apig',
    status: 404,
    code: 'APIG.0101',
    slug: 'upstream-misconfigured',
    cause: 'The cloud publishes no API at this address.',
  },
  {
    service: 'dms',
    status: 404,
    code: 'DMS.00404001',
    slug: 'upstream-misconfigured',
    cause: 'The address of the request does not exist at DMS.',
  },
  {
    service: 'ims',
    status: 404,
    code: 'APIGW.0103',
    slug: 'upstream-error',
    attempts: 2,
    cause: 'The cloud could not find the service behind its front.',
  },
  // Throttling, as it should be and as it comes.
  {
    service: 'apig',
    status: 429,
    code: 'APIGW.0308',
    slug: 'upstream-throttled',
    wait: 5,
    own: { slug: 'rate-limited', status: 429 },
    cause: 'The cloud was asked too often.',
  },
  {
    service: 'dms',
    status: 404,
    code: 'DMS.10240407',
    slug: 'upstream-throttled',
    wait: 5,
    own: { slug: 'rate-limited', status: 429 },
    cause: 'DMS was asked too often.',
  },
  // Credentials.
  {
    service: 'apig',
    status: 401,
    code: 'APIG.1002',
    slug: 'upstream-credentials-rejected',
    own: { status: 401 },
    cause: 'APIG could not read the token or did not accept it.',
  },
  {
    service: 'dms',
    status: 401,
    code: 'DMS.10240103',
    slug: 'upstream-credentials-rejected',
    own: { status: 401 },
    cause: 'DMS received no token.',
  },
  {
    service: 'ims',
    status: 401,
    code: 'APIGW.0305',
    slug: 'upstream-credentials-rejected',
    own: { status: 401 },
    cause: 'The cloud expects another kind of credentials.',
  },
  {
    service: 'dms',
    status: 401,
    code: 'DMS.10240104',
    slug: 'upstream-misconfigured',
    cause: 'The token was issued for another project.',
  },
  {
    service: 'ims',
    status: 400,
    code: 'IMG.0030',
    slug: 'upstream-misconfigured',
    cause: 'The project id and the token do not fit together.',
  },
  // 401 that is about something else.
  {
    service: 'apig',
    status: 401,
    code: 'APIG.1010',
    slug: 'upstream-unavailable',
    attempts: 3,
    wait: 5,
    cause: 'APIG could not reach the service that checks permissions.',
  },
  {
    service: 'apig',
    status: 401,
    code: 'APIG.1011',
    slug: 'account-restricted',
    cause: 'The identity of the account holder has not been verified.',
  },
  {
    service: 'apig',
    status: 401,
    code: 'APIG.1012',
    slug: 'account-restricted',
    cause: 'The cloud account is in arrears.',
  },
  {
    service: 'apig',
    status: 401,
    code: 'APIG.1013',
    slug: 'account-restricted',
    cause: 'The cloud account is frozen.',
  },
  {
    service: 'dms',
    status: 403,
    code: 'DMS.10240306',
    slug: 'account-restricted',
    cause: 'The cloud account is frozen.',
  },
  {
    service: 'ims',
    status: 405,
    code: 'APIGW.0501',
    slug: 'account-restricted',
    cause: 'The quota of calls is used up.',
  },
  // Permission.
  {
    service: 'apig',
    status: 403,
    code: 'APIG.1005',
    slug: 'permission-denied',
    cause: 'The account may not read asynchronous tasks of APIG.',
  },
  {
    service: 'apig',
    status: 401,
    code: 'APIG.1005',
    slug: 'permission-denied',
    cause: 'The account may not read asynchronous tasks of APIG.',
  },
  {
    service: 'ims',
    status: 403,
    code: 'IMG.0026',
    slug: 'permission-denied',
    cause: 'The account may not read jobs of the image service.',
  },
  {
    service: 'dms',
    status: 403,
    code: 'APIGW.0401',
    slug: 'permission-denied',
    cause: 'The address, account or user is on a deny list of the cloud.',
  },
  // Parameters.
  {
    service: 'dms',
    status: 400,
    code: 'DMS.00400070',
    slug: 'validation-failed',
    cause: 'The task id does not have the form that DMS expects.',
  },
  {
    service: 'apig',
    status: 400,
    code: 'APIG.2001',
    slug: 'validation-failed',
    cause: 'APIG misses a parameter that it requires.',
  },
  // Throttled, restricted, refused and misaddressed in codes that look like something else.
  {
    service: 'apig',
    status: 500,
    code: 'APIG.9008',
    slug: 'upstream-throttled',
    wait: 5,
    own: { slug: 'rate-limited', status: 429 },
    cause: 'APIG was asked too often.',
  },
  {
    service: 'ims',
    status: 400,
    code: 'IMG.0060',
    slug: 'upstream-throttled',
    wait: 5,
    own: { slug: 'rate-limited', status: 429 },
    cause: 'The image service has too many tasks of this account at once.',
  },
  {
    service: 'dms',
    status: 400,
    code: 'DMS.00500986',
    slug: 'account-restricted',
    cause: 'The cloud account is restricted.',
  },
  {
    service: 'ims',
    status: 400,
    code: 'IMG.0239',
    slug: 'account-restricted',
    cause: 'The balance of the cloud account is too low.',
  },
  {
    service: 'apig',
    status: 403,
    code: 'APIC.7109',
    slug: 'account-restricted',
    cause: 'The cloud account is suspended.',
  },
  {
    service: 'ims',
    status: 400,
    code: 'IMG.0161',
    slug: 'permission-denied',
    cause: 'The account has no permission for this at the image service.',
  },
  {
    service: 'apig',
    status: 409,
    code: 'APIG.1149',
    slug: 'permission-denied',
    cause: 'The account may not read tasks of this APIG instance.',
  },
  {
    service: 'ims',
    status: 400,
    code: 'IMG.0087',
    slug: 'upstream-credentials-rejected',
    own: { status: 401 },
    cause: 'The image service did not accept the token.',
  },
  {
    service: 'apig',
    status: 404,
    code: 'APIC.7302',
    slug: 'scope-not-found',
    cause: 'The project has no APIG instance with this id.',
  },
  {
    service: 'dms',
    status: 404,
    code: 'DMS.10240406',
    slug: 'upstream-misconfigured',
    cause: 'The address of the request does not exist at DMS.',
  },
  {
    service: 'ims',
    status: 400,
    code: 'IMG.0067',
    slug: 'upstream-misconfigured',
    cause: 'The image service does not know the project.',
  },
  {
    service: 'apig',
    status: 400,
    code: 'APIG.2003',
    slug: 'validation-failed',
    cause: 'A parameter does not have the form that APIG expects.',
  },
  {
    service: 'dms',
    status: 400,
    code: 'DMS.10540014',
    slug: 'validation-failed',
    cause: 'DMS found a parameter that is not valid.',
  },
  // The cloud's own failures.
  {
    service: 'apig',
    status: 500,
    code: 'APIG.9999',
    slug: 'upstream-error',
    attempts: 2,
    cause: 'APIG had an internal error.',
  },
  {
    service: 'dms',
    status: 500,
    code: 'DMS.00500041',
    slug: 'upstream-error',
    attempts: 2,
    cause: 'DMS had an internal error.',
  },
  {
    service: 'dms',
    status: 503,
    code: 'DMS.111501025',
    slug: 'upstream-unavailable',
    attempts: 3,
    wait: 5,
    cause: 'DMS is busy.',
  },
  {
    service: 'ims',
    status: 502,
    code: 'APIGW.0202',
    slug: 'upstream-unavailable',
    attempts: 3,
    wait: 5,
    cause: 'The service behind the front of the cloud is not available.',
  },
  // A success that is none.
  {
    service: 'dms',
    status: 200,
    code: 'DMS.10240407',
    slug: 'upstream-throttled',
    wait: 5,
    own: { slug: 'rate-limited', status: 429 },
    cause: 'DMS was asked too often.',
  },
  {
    service: 'ims',
    status: 202,
    code: 'IMG.0026',
    slug: 'permission-denied',
    cause: 'The account may not read jobs of the image service.',
  },
];
