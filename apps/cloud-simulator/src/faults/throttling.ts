import { frontError } from '../front.js';
import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';

const TEXT = 'The throttling threshold has been reached: policy user over ratelimit,limit:200,time:1 second';

/** Headers of a limit that is used up for the next two minutes. */
const limited = (prefix: string): Readonly<Record<string, string>> => ({
  [`${prefix}-remaining`]: '0',
  [`${prefix}-reset`]: String(Math.ceil(Date.now() / 1000) + 120),
});

/** The ways in which the clouds say "too many requests"; few of them say it with 429. */
const FORMS = {
  'APIGW.0308': (requestId: string): Reply => frontError(requestId, 429, 'APIGW.0308', TEXT),
  'APIG.0308': (requestId: string): Reply => frontError(requestId, 429, 'APIG.0308', TEXT),
  'DMS.10240407': (): Reply => json(404, { error_code: 'DMS.10240407', error_msg: 'The request is too frequent.' }),
  'Common.0024': (): Reply =>
    json(202, { error: { code: 'Common.0024', message: 'The request exceeds the flow control limit.' } }),
  'Common.1503': (): Reply => json(503, { error: { code: 'Common.1503', message: 'The API is under flow control.' } }),
  'CCE.01429002': (): Reply =>
    json(429, { errorCode: 'CCE.01429002', errorMessage: 'The resource is locked by other requests.' }),
  hetzner: (): Reply =>
    json(429, { error: { code: 'rate_limit_exceeded', message: 'The limit is reached.', details: null } }),
  digitalocean: (): Reply =>
    json(429, { id: 'too_many_requests', message: 'API rate limit exceeded.' }, limited('ratelimit')),
  gitlab: (): Reply => ({
    status: 429,
    headers: { 'Content-Type': 'text/plain', ...limited('ratelimit') },
    body: 'Retry later\n',
  }),
  // Worded as a lack of permission.
  github: (): Reply => json(403, { message: 'API rate limit exceeded for user ID 31.' }, limited('x-ratelimit')),
  'github-secondary': (): Reply => json(403, { message: 'You have exceeded a secondary rate limit.' }),
  keystone: (): Reply => json(429, { error: { code: 429, message: TEXT, title: 'Too Many Requests' } }),
} as const;
export type ThrottlingForm = keyof typeof FORMS;
export const THROTTLING_FORMS = Object.keys(FORMS) as readonly ThrottlingForm[];

/** @param retryAfter raw value of `Retry-After`; null sends none, as the front of the clouds does */
export function throttled(requestId: string, form: ThrottlingForm, retryAfter: string | null): Reply {
  const reply = FORMS[form](requestId);
  return retryAfter === null ? reply : { ...reply, headers: { ...reply.headers, 'Retry-After': retryAfter } };
}
