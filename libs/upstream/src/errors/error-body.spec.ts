import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { AMBIGUOUS, BODIES } from './testing/error-bodies.js';
import { isErrorBody, readErrorBody } from './error-body.js';

const reply = (body: unknown, text = '', contentType: string | null = 'application/json') => ({
  contentType,
  body,
  text,
});

describe('error body', () => {
  it.each([...BODIES, ...AMBIGUOUS])('%s: read', (_name, body, format, code, message, requestId = null) => {
    expect(readErrorBody(reply(body), {})).toEqual({ code, message, requestId, format });
  });

  it.each([
    ['an empty body', '', null, 'empty'],
    ['blanks', ' \r\n', 'application/json', 'empty'],
    ['a page', '<html><title>502 Bad Gateway</title></html>', 'text/html', 'html'],
    ['a page that is labelled as JSON', '<!DOCTYPE html><html></html>', 'application/json', 'html'],
    ['an XHTML page', 'The backend server is unreachable.', 'application/xhtml+xml', 'html'],
    ['plain text', 'upstream connect error at 10.0.0.1', 'text/plain', 'text'],
    ['text without a label', 'no healthy upstream', null, 'text'],
    ['cut-off JSON', '{"error_code":"APIGW.03', 'application/json', 'malformed-json'],
    ['malformed JSON', '{"error_code":"0176" "error_msg":"x"}', 'text/plain', 'malformed-json'],
    ['text that is labelled as JSON', 'oops', 'application/json', 'malformed-json'],
  ])('%s: never passed on', (_name, text, contentType, format) => {
    expect(readErrorBody(reply(undefined, text, contentType), { 'x-request-id': 'r' })).toEqual({
      code: null,
      message: null,
      requestId: 'r',
      format,
    });
  });

  it.each([
    ['an unknown object', { hello: 'world' }],
    ['a list', []],
    ['a string', 'Not Found'],
    ['a number', 404],
    ['null', null],
    ['a fault with company', { itemNotFound: { message: 'no', code: 404 }, more: 1 }],
  ])('%s: none', (_name, body) => {
    expect(readErrorBody(reply(body), {})).toBeNull();
  });

  it.each([
    [{ 'x-request-id': 'a', 'x-openstack-request-id': 'b' }, 'a'],
    [{ 'X-request-id': 'a' }, 'a'],
    [{ 'X-Openstack-Request-Id': 'req-b' }, 'req-b'],
    [{ 'x-request-id': '' }, 'in-body'],
    [{}, 'in-body'],
    [{ 'x-request-id': 'no words, please' }, null],
    [{ 'x-request-id': 'x'.repeat(129) }, null],
  ])('request id beside %j: %p', (headers, requestId) => {
    const body = { error_code: 'A.1', error_msg: 'm', request_id: 'in-body' };
    expect(readErrorBody(reply(body), headers)?.requestId).toBe(requestId);
  });

  it('long message: cut off', () => {
    expect(readErrorBody(reply({ error_code: 'A.1', error_msg: 'm'.repeat(10_000) }), {})?.message).toHaveLength(4096);
  });

  it('any document and headers: no error is thrown', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (body, headers) => {
        readErrorBody(reply(body), headers);
        isErrorBody(body);
      }),
    );
  });
});
