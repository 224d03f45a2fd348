import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { StoredTask } from '@gateway/cache';
import { bodyIn, hitOf } from './task-reply.js';

const LONG = 'x'.repeat(100_000);

function stored(result: unknown): StoredTask {
  const task = { id: 'a', source: 'cache', parameters: { name: 'n' }, result, children: [{}], view: 'full' };
  return {
    task: '["ims","eu-de","p",null,"a"]',
    final: true,
    version: 'v',
    observedAt: 1,
    pollAfterSeconds: null,
    body: JSON.stringify(task),
    artifact: null,
    freshUntil: 5_000,
    keptUntil: 5_000,
    epoch: '',
  };
}

describe('a view of a stored answer', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('is what is stored, or that without what can be large', () => {
    for (const result of [{}, { text: LONG }]) {
      const one = stored(result);
      expect(bodyIn('full', hitOf(one, 0))).toBe(one.body);
      const basic = JSON.stringify({
        id: 'a',
        source: 'cache',
        parameters: null,
        result: null,
        children: [],
        view: 'basic',
      });
      expect(bodyIn('basic', hitOf(one, 0))).toBe(basic);
      expect(bodyIn('basic', hitOf(one, 1_000))).toBe(basic);
    }
  });

  it('is looked for once in a large answer, and anew in another one about the same task', () => {
    const [one, later] = [stored({ text: LONG }), stored({ text: LONG })];
    bodyIn('basic', hitOf(one, 0));
    const parse = jest.spyOn(JSON, 'parse');
    bodyIn('basic', hitOf(one, 0));
    expect(parse).not.toHaveBeenCalled();
    bodyIn('basic', hitOf({ ...later, body: later.body.replace('"n"', '"m"') }, 0));
    expect(parse).toHaveBeenCalledTimes(1);
  });
});
