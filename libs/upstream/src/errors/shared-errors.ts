import { errorRules } from '@gateway/tasks';

const [ERROR, DENIED] = ['upstream-error', 'permission-denied'] as const;
const [REFUSED, MISCONFIGURED] = ['upstream-credentials-rejected', 'upstream-misconfigured'] as const;

/** Codes of the clouds' shared front, not of a service: older clouds write `APIG.0xxx`, newer ones `APIGW.0xxx`. */
export const FRONT_CODE = /^(?:APIG\.0\d{3}|APIGW\.\d{4})$/i;

const front = (digits: string): RegExp => new RegExp(`^APIGW?\\.(?:${digits})$`);

const onlyHttp = true;
const TOO_LARGE = {
  onlyHttp,
  retry: 'never',
  remedy: 'Use shorter ids and a smaller token; ask for the token without its catalogue.',
} as const;
const TLS = { retry: 'never', remedy: 'Have the way from the gateway to the cloud checked.' } as const;
const CLOCK = {
  message: /signature\s+(?:has\s+)?expired/i,
  remedy: 'Set the clock of the gateway; more than 15 minutes are not tolerated.',
};
const LOCKED_KEY = {
  message: /AK access failed|reach(?:ed)? the limit/i,
  remedy: 'Correct the secret key, and wait five minutes.',
};
const WRONG_KEY = {
  message: /ak ?\/?sk|signature/i,
  remedy: 'Check the access key and the secret key that are configured for this provider and region.',
};
const EXPIRED = { message: /expire/i, retry: 'new-token' } as const;
const BAD_TOKEN = { message: /\btoken\b/i, retry: 'new-token' } as const;
const UNREADABLE = { message: /decrypt/i };
const PROJECT = { remedy: 'Check in the console of the cloud whether the project is enabled.' };
const DENY_LIST = { remedy: 'Have it taken off the deny list.' };
const QUOTA = { remedy: 'Raise the quota, or wait until it is renewed.' };

/** Codes of the front, before or instead of any service. Applied after a provider's own rows. */
export const FRONT_ERRORS = errorRules([
  [front('0101'), 404, MISCONFIGURED, 'The cloud publishes no API at this address.'],
  [front('0103'), [404, 500], ERROR, 'The cloud could not find the service behind its front.'],
  [front('010[45]'), [400, 500], ERROR, 'The front of the cloud is not set up for this service.'],
  [front('0106'), 400, ERROR, 'The front of the cloud could not put the request together for the service.'],
  [front('0107'), 500, ERROR, 'The front of the cloud had an internal error.'],
  [front('0108'), 404, ERROR, 'The front of the cloud does not know the servers of the service.'],
  // One code; only the HTTP status distinguishes its meanings.
  [front('0201'), 400, 'validation-failed', 'The front of the cloud did not accept the request.', { onlyHttp }],
  [front('0201'), [413, 414, 494], ERROR, 'The request was too large for the front of the cloud.', TOO_LARGE],
  [front('0201'), 502, 'upstream-unavailable', 'The front of the cloud could not reach the service.', { onlyHttp }],
  [front('0201'), 504, 'upstream-timeout', 'The service did not answer the front of the cloud in time.', { onlyHttp }],
  [front('0201'), 500, ERROR, 'The front of the cloud failed to handle the request.', { onlyHttp }],
  [front('0202'), 502, 'upstream-unavailable', 'The service behind the front of the cloud is not available.'],
  [front('0203'), 504, 'upstream-unavailable', 'The service behind the front of the cloud is too slow.'],
  [front('0204'), 400, ERROR, 'The front of the cloud does not speak this version of TLS.', TLS],
  [front('0205'), 400, ERROR, 'The front of the cloud expects a certificate of the gateway that it accepts.', TLS],
  // 0301 is everything about IAM; only its message tells more. Everything about keys stands before the token's
  // expiry: five refused signatures lock a key for five minutes, so that none of them may be retried.
  [front('0301|0303'), 401, REFUSED, 'The signed time of the request is too far from the time of the cloud.', CLOCK],
  [front('0301'), 401, REFUSED, 'The access key is locked after too many refused requests.', LOCKED_KEY],
  [front('0301'), 401, REFUSED, 'The signature of the request is wrong.', WRONG_KEY],
  [front('0301'), 401, REFUSED, 'The token has expired.', EXPIRED],
  [
    front('0301'),
    401,
    REFUSED,
    'The cloud cannot read the token; it may be cut off or from another cloud.',
    UNREADABLE,
  ],
  [front('0301'), 401, REFUSED, 'The request arrived without a token.', { message: /not found|missing/i }],
  [front('0301'), 401, REFUSED, 'The cloud did not accept the credentials.'],
  [front('0303|0305|031[1-3]'), 401, REFUSED, 'The cloud expects another kind of credentials.'],
  [front('0302|0304'), 403, DENIED, 'The account may not call this API.'],
  [front('0306|0314'), 403, DENIED, 'The cloud denies access to this API.'],
  [front('080[12]'), 403, DENIED, 'The API is forbidden or switched off for this account.'],
  // Also sent for a token of another region; one more after the new login is then final.
  [front('0307'), 401, REFUSED, 'The token is out of date or belongs to another region.', { retry: 'new-token' }],
  [front('0308'), 429, 'upstream-throttled', 'The cloud was asked too often.'],
  [front('0310'), 403, DENIED, 'The project is not available.', PROJECT],
  [front('040[1245]'), 403, DENIED, 'The address, account or user is on a deny list of the cloud.', DENY_LIST],
  [front('0501'), 405, 'account-restricted', 'The quota of calls is used up.', QUOTA],
  [front('0502'), 405, 'account-restricted', 'The cloud account is frozen.'],
  [front('060[1568]|0609|061[12567]|0705'), 500, ERROR, 'The front of the cloud had an internal error.'],
  [front('0610'), 502, ERROR, 'The service gave the front of the cloud an answer that it could not use.'],
  // Usually a request that cannot be read; also sent about the security token of a temporary key.
  [front('0602'), [400, 401, 403], REFUSED, 'The token has expired or is not valid.', BAD_TOKEN],
  [front('0602'), [401, 403], REFUSED, 'The cloud did not accept the credentials.', { onlyHttp }],
  [front('060[27]'), 400, 'validation-failed', 'The front of the cloud could not read the request.'],
  [front('0613'), 503, 'upstream-unavailable', 'The identity service of the cloud is not available.'],
]);

/** Codes that the compute family shares (ECS, EVS, IMS and their kin), whichever of them answers. */
export const COMMON_ERRORS = errorRules([
  [
    'Common.0011',
    400,
    'task-not-found',
    'The service knows no job of this id: it is wrong, or the job of another service.',
    { remedy: 'Check the id, and ask the provider that started the job.' },
  ],
  ['Common.0001', 500, ERROR, 'The service had an internal error.'],
  ['Common.0013', [401, 400], REFUSED, 'The token is not valid.'],
  ['Common.0018', 400, MISCONFIGURED, 'The project is not the one of the token.'],
  [/^Common\.(?:002[0125]|0999)$/, 400, ERROR, 'The service could not look the job up.'],
  ['Common.0024', 202, 'upstream-throttled', 'The service limits how often it is asked, and says so in a success.'],
  ['Common.1503', [503, 429], 'upstream-throttled', 'The service limits how often it is asked.'],
  ['Pdp.0001', 403, DENIED, 'A fine-grained policy does not allow the account to read jobs of the service.'],
]);

const SETTINGS = {
  remedy: 'Check the identity endpoint, account, user and project that are configured for this region.',
};
const LOGIN = { remedy: 'Check the user and the password or key that are configured for this region.' };
const USER = {
  remedy:
    'Check projectId, and in the console of the cloud whether the user is enabled and may use the API without a second factor.',
};

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
  ['409', 409, ERROR, 'The identity service was changing the user of the gateway.'],
  ['429', 429, 'upstream-throttled', 'The gateway logged in too often.'],
  ['500', 500, ERROR, 'The identity service had an internal error.'],
  ['503', 503, 'upstream-unavailable', 'The identity service is not available.'],
  ['IAM.0001', 401, REFUSED, 'The identity service asks for credentials that it accepts.', LOGIN],
  [/^IAM\.000[23]$/, 403, REFUSED, 'The user of the gateway may not log in to this project.', LOGIN],
  ['IAM.0004', 404, MISCONFIGURED, 'The identity service knows no such account or project.', SETTINGS],
  ['IAM.0006', 500, ERROR, 'The identity service had an internal error.'],
  // The rest of a long list, by the status that it comes with.
  [
    /^IAM\.\d{4}$/,
    [400, 404, 409],
    MISCONFIGURED,
    'The identity service did not accept the login of the gateway.',
    { onlyHttp, ...SETTINGS },
  ],
  [
    /^IAM\.\d{4}$/,
    [401, 403],
    REFUSED,
    'The identity service refused the user of the gateway.',
    { onlyHttp, ...LOGIN },
  ],
]);
