import { describe, expect, it } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import { problemOf } from './problem-of.js';

const CALLERS_FAULT = Array.from({ length: 100 }, (_, index) => 400 + index);

describe('an error of the framework', () => {
  it.each(CALLERS_FAULT)('status %i: the caller’s fault, and no bug', (status) => {
    const thrown = [Object.assign(new Error('said so'), { statusCode: status }), new HttpException('said so', status)];
    for (const problem of thrown.map(problemOf)) expect(Math.floor(problem.status / 100)).toBe(4);
  });

  it.each([302, 500, 503, Number.NaN])('status %d: a bug', (status) => {
    expect(problemOf(Object.assign(new Error('said so'), { statusCode: status })).slug).toBe('internal-error');
  });

  it('length of the file that a part was asked of: kept', () => {
    const headers = { 'Content-Range': 'bytes */1234' };
    const problem = problemOf(Object.assign(new Error('said so'), { statusCode: 416, headers }));
    expect([problem.slug, problem.options.contentRange]).toEqual(['range-not-satisfiable', 'bytes */1234']);
  });
});

it.each([null, undefined, 'text', {}])('%p that is thrown: a bug', (thrown) => {
  expect(problemOf(thrown).slug).toBe('internal-error');
});
