import { errorRules } from '@gateway/tasks';
import type { ErrorRule } from '@gateway/tasks';

/** Codes of the clouds' shared front, not of a service: older clouds write `APIG.0xxx`, newer ones `APIGW.0xxx`. */
export const FRONT_CODE = /^(?:APIG\.0\d{3}|APIGW\.\d{4})$/;

const front = (digits: string): RegExp => new RegExp(`^APIGW?\\.(?:${digits})$`);

const CREDENTIALS = 'Check the credentials that are configured for this provider and region.';
const LOGIN = 'Ask again; with a token of your own, log in to the cloud first.';
const LATER = 'Ask again later; report the request id if it stays.';
const ADDRESS = 'Check the endpoint, region and project that are configured or were sent.';

/** What the front answers before, or instead of, any service. Applied after a provider's own rows. */
export const FRONT_ERRORS: readonly ErrorRule[] = [
  {
    code: front('0101'),
    http: [404],
    problem: 'upstream-misconfigured',
    retry: 'never',
    cause: 'The cloud publishes no API at this address.',
    remedy: ADDRESS,
  },
  ...errorRules({ problem: 'upstream-error', retry: 'once', remedy: LATER }, [
    [front('0103'), [404, 500], 'The cloud could not find the service behind its front.'],
    [front('010[45]'), [400, 500], 'The front of the cloud is not set up for this service.'],
    [front('0106'), [400], 'The front of the cloud could not put the request together for the service.'],
    [front('0107'), [500], 'The front of the cloud had an internal error.'],
    [front('0108'), [404], 'The front of the cloud does not know the servers of the service.'],
  ]),
  // One code, told apart by HTTP status only.
  {
    code: front('0201'),
    http: [400],
    onlyHttp: [400],
    problem: 'validation-failed',
    retry: 'never',
    cause: 'The front of the cloud did not accept the request.',
    remedy: 'Check the ids that were sent.',
  },
  {
    code: front('0201'),
    http: [413, 414, 494],
    onlyHttp: [413, 414, 494],
    problem: 'upstream-error',
    retry: 'never',
    cause: 'The request was too large for the front of the cloud.',
    remedy: 'Use shorter ids and a smaller token; ask for the token without its catalogue.',
  },
  {
    code: front('0201'),
    http: [502],
    onlyHttp: [502],
    problem: 'upstream-unavailable',
    retry: 'backoff',
    cause: 'The front of the cloud could not reach the service.',
    remedy: 'Ask again later.',
  },
  {
    code: front('0201'),
    http: [504],
    onlyHttp: [504],
    problem: 'upstream-timeout',
    retry: 'once',
    cause: 'The service did not answer the front of the cloud in time.',
    remedy: 'Ask again later.',
  },
  {
    code: front('0201'),
    http: [500],
    onlyHttp: [500],
    problem: 'upstream-error',
    retry: 'once',
    cause: 'The front of the cloud failed to handle the request.',
    remedy: LATER,
  },
  ...errorRules({ problem: 'upstream-unavailable', retry: 'backoff', remedy: 'Ask again later.' }, [
    [front('0202'), [502], 'The service behind the front of the cloud is not available.'],
    [front('0203'), [504], 'The service behind the front of the cloud is too slow.'],
  ]),
  ...errorRules(
    { problem: 'upstream-error', retry: 'never', remedy: 'Have the way from the gateway to the cloud checked.' },
    [
      [front('0204'), [400], 'The front of the cloud does not speak this version of TLS.'],
      [front('0205'), [400], 'The front of the cloud expects a certificate of the gateway that it accepts.'],
    ],
  ),
  // 0301 says everything about IAM; only its message tells what. Everything about keys stands before the token's
  // expiry: five refused signatures lock a key for five minutes, so that none of them may look repeatable.
  {
    code: front('0301|0303'),
    message: /signature\s+(?:has\s+)?expired/i,
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The signed time of the request is too far from the time of the cloud.',
    remedy: 'Set the clock of the gateway; more than 15 minutes are not tolerated.',
  },
  {
    code: front('0301'),
    message: /AK access failed|reach(?:ed)? the limit/i,
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The access key is locked after too many refused requests.',
    remedy: 'Correct the secret key, and wait five minutes.',
  },
  {
    code: front('0301'),
    message: /ak ?\/?sk|signature/i,
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The signature of the request is wrong.',
    remedy: 'Check the access key and the secret key that are configured for this provider and region.',
  },
  {
    code: front('0301'),
    message: /expire/i,
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'new-token',
    cause: 'The token has expired.',
    remedy: LOGIN,
  },
  {
    code: front('0301'),
    message: /decrypt/i,
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The cloud cannot read the token; it may be cut off or from another cloud.',
    remedy: CREDENTIALS,
  },
  {
    code: front('0301'),
    message: /not found|missing/i,
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The request arrived without a token.',
    remedy: CREDENTIALS,
  },
  {
    code: front('0301'),
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'never',
    cause: 'The cloud did not accept the credentials.',
    remedy: CREDENTIALS,
  },
  ...errorRules({ problem: 'upstream-credentials-rejected', retry: 'never', remedy: CREDENTIALS }, [
    [front('0303|0305|031[1-3]'), [401], 'The cloud expects another kind of credentials.'],
  ]),
  ...errorRules(
    {
      problem: 'permission-denied',
      retry: 'never',
      remedy: 'Ask for read permission on the service in this project and region.',
    },
    [
      [front('0302|0304'), [403], 'The account may not call this API.'],
      [front('0306|0314'), [403], 'The cloud denies access to this API.'],
      [front('080[12]'), [403], 'The API is forbidden or switched off for this account.'],
    ],
  ),
  {
    // Also sent for a token of another region; a second refusal after the new login is then final.
    code: front('0307'),
    http: [401],
    problem: 'upstream-credentials-rejected',
    retry: 'new-token',
    cause: 'The token is out of date or belongs to another region.',
    remedy: 'Ask again; with a token of your own, log in to this region first.',
  },
  {
    code: front('0308'),
    http: [429],
    problem: 'upstream-throttled',
    retry: 'never',
    cause: 'The cloud was asked too often.',
    remedy: 'Wait as long as Retry-After says, and ask less often.',
  },
  {
    code: front('0310'),
    http: [403],
    problem: 'permission-denied',
    retry: 'never',
    cause: 'The project is not available.',
    remedy: 'Check in the console of the cloud whether the project is enabled.',
  },
  {
    code: front('040[1245]'),
    http: [403],
    problem: 'permission-denied',
    retry: 'never',
    cause: 'The address, account or user is on a deny list of the cloud.',
    remedy: 'Have it taken off the deny list.',
  },
  {
    code: front('0501'),
    http: [405],
    problem: 'account-restricted',
    retry: 'never',
    cause: 'The quota of calls is used up.',
    remedy: 'Raise the quota, or wait until it is renewed.',
  },
  {
    code: front('0502'),
    http: [405],
    problem: 'account-restricted',
    retry: 'never',
    cause: 'The cloud account is frozen.',
    remedy: 'Have the cloud account released by its vendor.',
  },
  ...errorRules({ problem: 'upstream-error', retry: 'once', remedy: LATER }, [
    [front('060[1568]|0609|061[12567]|0705'), [500], 'The front of the cloud had an internal error.'],
    [front('0610'), [502], 'The service gave the front of the cloud an answer that it could not use.'],
  ]),
  // What is usually a request that cannot be read is also said of the security token of a temporary key.
  ...errorRules({ problem: 'upstream-credentials-rejected', retry: 'new-token', remedy: LOGIN }, [
    [front('0602'), [400, 401, 403], 'The token has expired or is not valid.', { message: /\btoken\b/i }],
  ]),
  ...errorRules({ problem: 'upstream-credentials-rejected', retry: 'never', remedy: CREDENTIALS }, [
    [front('0602'), [401, 403], 'The cloud did not accept the credentials.', { onlyHttp: [401, 403] }],
  ]),
  ...errorRules({ problem: 'validation-failed', retry: 'never', remedy: 'Check the ids that were sent.' }, [
    [front('060[27]'), [400], 'The front of the cloud could not read the request.'],
  ]),
  {
    code: front('0613'),
    http: [503],
    problem: 'upstream-unavailable',
    retry: 'backoff',
    cause: 'The identity service of the cloud is not available.',
    remedy: 'Ask again later.',
  },
];
