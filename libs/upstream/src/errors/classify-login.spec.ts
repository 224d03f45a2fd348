import { describe, expect, it } from '@jest/globals';
import type { LookupProblem, RetryAdvice } from '@gateway/tasks';
import { classifyLogin } from './classify.js';
import type { UpstreamReply } from './classify.js';
import { coded, json, text } from './testing/replies.js';

describe('verdict about a login', () => {
  const keystone = (code: number) => ({ error: { code, message: 'no', title: 'no' } });

  it.each<[string, UpstreamReply, LookupProblem, RetryAdvice]>([
    ['a wrong password', json(401, keystone(401)), 'upstream-credentials-rejected', 'never'],
    ['a malformed login', json(400, keystone(400)), 'upstream-misconfigured', 'never'],
    ['an unknown project', json(404, keystone(404)), 'upstream-misconfigured', 'never'],
    ['an unknown code with 404', json(404, coded('Keystone.404404')), 'upstream-misconfigured', 'never'],
    ['a locked user', json(403, keystone(403)), 'upstream-credentials-rejected', 'never'],
    ['403 without a reason', text(403, ''), 'upstream-credentials-rejected', 'never'],
    ['a user that the front denies', json(403, coded('APIGW.0302')), 'upstream-credentials-rejected', 'never'],
    ['a request that the front refuses', json(400, coded('APIGW.0602')), 'upstream-misconfigured', 'never'],
    ['an expired token in the login itself', json(401, coded('APIGW.0307')), 'upstream-credentials-rejected', 'never'],
    ['a frozen account', json(405, coded('APIGW.0502')), 'account-restricted', 'never'],
    ['an address that is not published', json(404, coded('APIGW.0101')), 'upstream-misconfigured', 'never'],
    ['throttling', json(429, coded('APIGW.0308')), 'upstream-throttled', 'never'],
    ['an outage', text(503, '<html></html>'), 'upstream-unavailable', 'backoff'],
    ['an internal error', json(500, keystone(500)), 'upstream-error', 'once'],
  ])('%s', (_name, reply, problem, retry) => {
    expect(classifyLogin(reply)).toMatchObject({ problem, retry });
  });
});
