import { describe, expect, it } from '@jest/globals';
import { errorRules, NO_CODE } from '@gateway/tasks';
import type { ErrorRule, LookupProblem, RetryAdvice } from '@gateway/tasks';
import { classify, failureOfReply } from './classify.js';
import { FRONT_ERRORS } from './shared-errors.js';
import { coded, json, text } from './testing/replies.js';

const RULES: readonly ErrorRule[] = [
  { code: 'Any.0001', http: [400], message: /gone/, problem: 'task-not-found', retry: 'never', cause: '' },
  {
    code: 'Any.0001',
    http: [400],
    onlyHttp: true,
    problem: 'validation-failed',
    retry: 'never',
    cause: '',
  },
  { code: /^Any\.1/, http: [500], problem: 'upstream-error', retry: 'once', cause: '' },
  { code: 'APIG.0101', http: [404], problem: 'scope-not-found', retry: 'never', cause: '' },
];

describe('verdict about an error body', () => {
  it('several rows: the first that fits code, message and status', () => {
    expect(classify(json(400, coded('Any.0001', 'it is gone')), RULES).rule).toBe(RULES[0]);
    expect(classify(json(400, coded('Any.0001', 'it is bad')), RULES).rule).toBe(RULES[1]);
    expect(classify(json(400, coded('Any.0001')), RULES).rule).toBe(RULES[1]);
    expect(classify(json(409, coded('Any.0001')), RULES)).toEqual({
      problem: 'upstream-error',
      retry: 'never',
      rule: null,
      code: 'Any.0001',
      message: null,
      requestId: null,
      known: false,
    });
  });

  it('known code: decides whatever the status', () => {
    for (const status of [200, 202, 400, 418, 599]) {
      expect(classify(json(status, coded('Any.1234')), RULES).rule).toBe(RULES[2]);
    }
  });

  it("code of the front: the provider's rows come first", () => {
    expect(classify(json(404, coded('APIG.0101')), RULES).rule).toBe(RULES[3]);
    expect(classify(json(404, coded('APIG.0101')), []).rule).toBe(FRONT_ERRORS[0]);
    expect(classify(json(404, coded('APIGW.0101')), RULES).rule).toBe(FRONT_ERRORS[0]);
  });

  it('code of a service: never one of the front', () => {
    for (const code of ['APIG.3101', 'APIG.10101', 'XAPIG.0101', 'APIG.0101x', 'APIC.0101']) {
      expect(classify(json(500, coded(code)), []).rule).toBeNull();
    }
  });

  it.each<[number, LookupProblem, RetryAdvice]>([
    [200, 'upstream-error', 'never'],
    [202, 'upstream-error', 'never'],
    [301, 'upstream-misconfigured', 'never'],
    [302, 'upstream-misconfigured', 'never'],
    [304, 'upstream-misconfigured', 'never'],
    [307, 'upstream-misconfigured', 'never'],
    [400, 'upstream-error', 'never'],
    [401, 'upstream-credentials-rejected', 'never'],
    [402, 'permission-denied', 'never'],
    [403, 'permission-denied', 'never'],
    [405, 'upstream-misconfigured', 'never'],
    [406, 'upstream-misconfigured', 'never'],
    [407, 'upstream-misconfigured', 'never'],
    [408, 'upstream-timeout', 'once'],
    [409, 'upstream-error', 'never'],
    [413, 'upstream-error', 'never'],
    [414, 'upstream-error', 'never'],
    [415, 'upstream-misconfigured', 'never'],
    [418, 'upstream-error', 'never'],
    [421, 'upstream-misconfigured', 'never'],
    [422, 'upstream-error', 'never'],
    [429, 'upstream-throttled', 'never'],
    [431, 'upstream-error', 'never'],
    [494, 'upstream-error', 'never'],
    [500, 'upstream-error', 'once'],
    [501, 'upstream-misconfigured', 'never'],
    [502, 'upstream-unavailable', 'backoff'],
    [503, 'upstream-unavailable', 'backoff'],
    [504, 'upstream-timeout', 'once'],
    [507, 'upstream-error', 'never'],
    [599, 'upstream-error', 'never'],
  ])('status %i without a known code: %s, retry %s', (status, problem, retry) => {
    const byStatus = { problem, retry, rule: null, message: null, requestId: null };
    expect(classify(json(status, coded('New.0001')), RULES)).toEqual({ ...byStatus, code: 'New.0001', known: false });
    expect(classify(text(status, '<html><h1>secret</h1></html>'), RULES)).toEqual({
      ...byStatus,
      code: null,
      known: true,
    });
    expect(classify(text(status, '', null), RULES)).toEqual({ ...byStatus, code: null, known: true });
    expect(classify(text(status, '{"error_co', 'application/json'), RULES)).toEqual({
      ...byStatus,
      code: null,
      known: true,
    });
    expect(classify(json(status, { surprise: true }), RULES)).toEqual({ ...byStatus, code: null, known: true });
  });

  describe.each([404, 410])('%i', (status) => {
    it.each([
      ['APIG.3999', json(status, coded('APIG.3999'))],
      ['IMG.0404', json(status, { error: { code: 'IMG.0404', message: 'no job' } })],
      ['DMS.00404999', json(status, coded('DMS.00404999'))],
      ['00404999', json(status, { error_code: 404999, error_msg: 'no task' })],
    ])('unknown code: a missing task only where the service documents that: %s', (_name, reply) => {
      const verdict = { retry: 'never', known: false };
      expect(classify(reply, [], true)).toMatchObject({ ...verdict, problem: 'task-not-found' });
      for (const declared of [[], [false]] as const)
        expect(classify(reply, [], ...declared)).toMatchObject({ ...verdict, problem: 'upstream-misconfigured' });
    });

    it.each([
      ['an unknown code of the front', json(status, coded('APIGW.0999'))],
      ['an unknown code of the old front', json(status, coded('APIG.0999'))],
      ['a page', text(status, '<html><title>404 Not Found</title></html>')],
      ['nothing', text(status, '', null)],
      ['plain text', text(status, '404 page not found', 'text/plain')],
      ['a cut-off document', text(status, '{"error', 'application/json')],
      ['JSON without a code', json(status, { message: 'no route' })],
      ['the status words again', json(status, { error: { code: status, message: 'Not Found', title: 'Not Found' } })],
      ['the status words again as a fault', json(status, { itemNotFound: { code: status, message: 'Not Found' } })],
    ])('%s: a wrong address', (_name, reply) => {
      expect(classify(reply, [], true)).toMatchObject({
        problem: 'upstream-misconfigured',
        retry: 'never',
        rule: null,
      });
    });
  });

  it('message: redacted, after it has been matched', () => {
    const echoed =
      'Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:GET|/v1/p/jobs/||host:ims.example.com|x-sdk-date:20260101T000000Z';
    const verdict = classify(json(401, coded('APIGW.0301', echoed)), []);
    expect(verdict).toMatchObject({ problem: 'upstream-credentials-rejected', retry: 'never', known: true });
    expect(verdict.rule?.message?.test(echoed)).toBe(true);
    expect(verdict.message).toContain('verify aksk signature fail');
    expect(verdict.message).not.toContain('x-sdk-date');
    expect(verdict.message).not.toContain('ims.example.com');
  });
});

describe('a rule for replies without a code', () => {
  const rule = (http: readonly number[], message?: RegExp): ErrorRule => ({
    code: NO_CODE,
    http,
    ...(message === undefined ? {} : { message }),
    problem: 'task-not-found',
    retry: 'never',
    cause: '',
  });

  it('status and message of the rule: decide', () => {
    const rules = [rule([404], /^not found$/i)];
    expect(classify(json(404, { message: 'Not Found' }), rules)).toMatchObject({
      rule: rules[0],
      code: null,
      known: true,
    });
    for (const other of [
      json(404, { message: 'No route' }),
      json(403, { message: 'Not Found' }),
      text(404, 'Not Found', 'text/plain'),
      json(404, coded('New.0001', 'Not Found')),
    ])
      expect(classify(other, rules).rule).toBeNull();
  });

  it('rules for codes: none fits a reply without one', () => {
    const any = { ...rule([404]), code: /^/ };
    expect(classify(json(404, { message: 'Not Found' }), [any]).rule).toBeNull();
  });
});

describe('throttling that headers tell', () => {
  const LIMIT = { remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' };
  const none = { 'x-ratelimit-remaining': '0' };

  it.each([403, 429])('no request left on a %i: throttled, whatever the body says', (status) => {
    for (const body of [{ message: 'no' }, coded('Any.0001', 'it is gone'), coded('New.0001')])
      expect(classify(json(status, body, none), RULES, false, LIMIT)).toMatchObject({
        problem: 'upstream-throttled',
        retry: 'never',
        rule: null,
        known: true,
      });
  });

  it('403 with a time to come again: throttled until then, although requests are left', () => {
    for (const body of [{ message: 'Slow down.' }, coded('Any.0001', 'it is gone')]) {
      const reply = json(403, body, { 'x-ratelimit-remaining': '40', 'retry-after': '30' });
      const verdict = classify(reply, RULES, false, LIMIT);
      expect(verdict).toMatchObject({ problem: 'upstream-throttled', retry: 'never', rule: null, known: true });
      expect(failureOfReply(reply, verdict, { detail: '' }, LIMIT).retryAfterSeconds).toBe(30);
    }
  });

  it.each([
    ['no time to come again can be read', 403, { 'retry-after': 'soon' }, LIMIT],
    ['a page that is missing names a time', 404, { 'retry-after': '30' }, LIMIT],
    ['a time is named where no limits are declared', 403, { 'retry-after': '30' }, undefined],
    ['requests are left', 403, { 'x-ratelimit-remaining': '1' }, LIMIT],
    ['nothing is said of requests', 403, {}, LIMIT],
    ['the status is another', 404, none, LIMIT],
    ['the provider does not declare it', 403, none, undefined],
  ])('%s: not throttled', (_, status, headers, limit) => {
    expect(classify(json(status, { message: 'no' }, headers), [], false, limit).problem).not.toBe('upstream-throttled');
  });

  it('end of the limit: is when to come again, unless Retry-After names another', () => {
    const soon = String(Math.floor(Date.now() / 1000) + 290);
    const waitOf = (headers: object, status = 429): number | null => {
      const reply = json(status, {}, { ...none, 'x-ratelimit-reset': soon, ...headers });
      return failureOfReply(reply, classify(reply, [], false, LIMIT), { detail: '' }, LIMIT).retryAfterSeconds;
    };
    expect(waitOf({})).toBeGreaterThan(200);
    expect(waitOf({ 'retry-after': '7' })).toBe(7);
    expect(waitOf({ 'x-ratelimit-reset': '1000000000' })).toBe(1);
    for (const odd of ['', '-5', 'soon', '1e9', '60']) expect(waitOf({ 'x-ratelimit-reset': odd })).toBeNull();
    // Every reply names the end; only one about the limit means it.
    for (const status of [403, 429, 503]) expect(waitOf({ 'x-ratelimit-remaining': '9' }, status)).toBeNull();
  });
});

it('time that a rule names: is when to come again, where the reply names none', () => {
  const row = ['Any.0001', 429, 'upstream-throttled', 'A limit.', { waitSeconds: 60 }] as const;
  const waitOf = (headers: Readonly<Record<string, string>>, status = 429): number | null => {
    const reply = json(status, coded('Any.0001'), headers);
    return failureOfReply(reply, classify(reply, errorRules([row])), { detail: '' }).retryAfterSeconds;
  };
  expect(waitOf({})).toBe(60);
  expect(waitOf({ 'retry-after': '7' })).toBe(7);
  expect(waitOf({ 'retry-after': 'soon' }, 403)).toBe(60);
});
