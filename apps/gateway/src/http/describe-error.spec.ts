import { describe, expect, it } from '@jest/globals';
import { describeError } from './describe-error.js';

const SECRET = 'hunter2-of-the-test';

describe('an error in the log', () => {
  it('has a name, a message and where it was made', () => {
    expect(describeError(new TypeError('this is no date'))).toMatch(/^TypeError: this is no date\n {4}at /);
  });

  it('has nothing of the request that an HTTP client keeps in it', () => {
    const config = { headers: { 'x-auth-token': SECRET }, auth: { username: 'u', password: SECRET } };
    const error = Object.assign(new Error('Request failed with status code 401'), { name: 'AxiosError', config });
    expect(describeError(error)).toMatch(/^AxiosError: Request failed with status code 401\n {4}at /);
    expect(describeError(error)).not.toContain(SECRET);
  });

  it.each([
    ['on one line', `refused password=${SECRET}`],
    ['on several lines', `refused\npassword: ${SECRET}\n at the door`],
    ['that looks like a stack', `refused\n    at https://user:${SECRET}@host/`],
  ])('has no secret of its message %s', (_, message) => {
    const text = describeError(new Error(message, { cause: SECRET }));
    expect(text).toContain('refused');
    expect(text).not.toContain(SECRET);
  });

  it('has no secret of a message or a name that was changed once the stack was read', () => {
    const text = `refused\n    at https://user:${SECRET}@host/\n    at password=${SECRET} (/file:1:1)`;
    for (const [member, made] of [
      ['message', new Error(text)],
      ['name', Object.assign(new Error('refused'), { name: text })],
    ] as const) {
      expect(made.stack).toContain(SECRET);
      const described = describeError(Object.assign(made, { [member]: 'changed' }));
      expect(described).toMatch(/changed.*\n {4}at .*describe-error\.spec\.ts:\d+:\d+/);
      expect(described).not.toContain(SECRET);
    }
  });

  it('says so where something else was thrown, and not what', () => {
    for (const thrown of [SECRET, { password: SECRET }, null, undefined])
      expect(describeError(thrown)).toBe('something thrown that is no error');
  });

  it('whose members are not what they should be is not read, and throws nothing', () => {
    const get = (): never => {
      throw new Error(SECRET);
    };
    for (const member of ['name', 'message', 'stack'])
      expect(describeError(Object.defineProperty(new Error(), member, { get }))).toBe('an error that cannot be read');
    expect(describeError(Object.assign(new Error(), { message: Symbol(SECRET) }))).toBe('an error that cannot be read');
    expect(describeError(new Proxy(new Error(), { getPrototypeOf: get }))).toBe('an error that cannot be read');
    expect(describeError(Object.assign(new Error('refused'), { stack: null }))).toBe('Error: refused');
  });
});
