import { frontError } from '../front.js';
import { json } from '../http/reply.js';
import type { Reply } from '../http/reply.js';

const TEXT = 'The throttling threshold has been reached: policy user over ratelimit,limit:200,time:1 second';

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
  keystone: (): Reply => json(429, { error: { code: 429, message: TEXT, title: 'Too Many Requests' } }),
} as const;
export type ThrottlingForm = keyof typeof FORMS;
export const THROTTLING_FORMS = Object.keys(FORMS) as readonly ThrottlingForm[];

/** @param retryAfter raw value of `Retry-After`; null sends none, as the front of the clouds does */
export function throttled(requestId: string, form: ThrottlingForm, retryAfter: string | null): Reply {
  const reply = FORMS[form](requestId);
  return retryAfter === null ? reply : { ...reply, headers: { ...reply.headers, 'Retry-After': retryAfter } };
}
