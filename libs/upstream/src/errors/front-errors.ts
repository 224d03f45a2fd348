import { errorRules } from '@gateway/tasks';

/** Codes of the clouds' shared front, not of a service: older clouds write `APIG.0xxx`, newer ones `APIGW.0xxx`. */
export const FRONT_CODE = /^(?:APIG\.0\d{3}|APIGW\.\d{4})$/;

const front = (digits: string): RegExp => new RegExp(`^APIGW?\\.(?:${digits})$`);

const [ERROR, REFUSED, DENIED] = ['upstream-error', 'upstream-credentials-rejected', 'permission-denied'] as const;

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
const PROJECT = { remedy: 'Check in the console of the cloud whether the project is enabled.' };
const DENY_LIST = { remedy: 'Have it taken off the deny list.' };
const QUOTA = { remedy: 'Raise the quota, or wait until it is renewed.' };

/** What the front answers before, or instead of, any service. Applied after a provider's own rows. */
export const FRONT_ERRORS = errorRules([
  [front('0101'), 404, 'upstream-misconfigured', 'The cloud publishes no API at this address.'],
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
  // 0301 says everything about IAM; only its message tells what. Everything about keys stands before the token's
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
    { message: /decrypt/i },
  ],
  [front('0301'), 401, REFUSED, 'The request arrived without a token.', { message: /not found|missing/i }],
  [front('0301'), 401, REFUSED, 'The cloud did not accept the credentials.'],
  [front('0303|0305|031[1-3]'), 401, REFUSED, 'The cloud expects another kind of credentials.'],
  [front('0302|0304'), 403, DENIED, 'The account may not call this API.'],
  [front('0306|0314'), 403, DENIED, 'The cloud denies access to this API.'],
  [front('080[12]'), 403, DENIED, 'The API is forbidden or switched off for this account.'],
  // Also sent for a token of another region; a second refusal after the new login is then final.
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
