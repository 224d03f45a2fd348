import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { EVENTS_CHANNEL, PURGES_NAME, proofName, resultName, scopeText, taskNames, taskText } from './task-key.js';
import type { TaskKey } from './task-key.js';

const KEY: TaskKey = {
  provider: 'apig',
  region: 'eu-de',
  projectId: 'p',
  instanceId: null,
  id: 'secret-looking-id',
};
const part = fc.oneof(fc.constantFrom('', 'null', '","', '[', 'a'), fc.string({ unit: 'binary', maxLength: 4 }));
const key: fc.Arbitrary<TaskKey> = fc.record({
  provider: part,
  region: fc.option(part),
  projectId: fc.option(part),
  instanceId: fc.option(part),
  id: part,
});
const tagOf = (name: string): string | undefined => /\{(.*?)\}/.exec(name)?.[1];

describe('the names of a task', () => {
  it('are a version and one hash tag, without a word of the key', () => {
    const { result, negative, lease } = taskNames(KEY, 'alice');
    expect(result).toBe(resultName(KEY));
    expect(result).toMatch(/^tg:v5:\{[\w-]{43}\}$/);
    expect([negative, lease]).toEqual([`${result}:no:alice`, `${result}:lease:alice`]);
    expect(result + negative + lease).not.toContain('secret');
  });

  it('share a cluster slot, whoever asks', () => {
    fc.assert(
      fc.property(key, fc.stringMatching(/^[\w-]{1,43}$/), fc.stringMatching(/^[\w-]{1,43}$/), (any, one, other) => {
        const names = [one, other].flatMap((asker) => Object.values(taskNames(any, asker)));
        expect(new Set(names.map(tagOf)).size).toBe(1);
      }),
    );
  });

  it('depend on every part and on nothing else', () => {
    const others: Partial<TaskKey>[] = [
      { provider: 'ims' },
      { region: null },
      { projectId: null },
      { instanceId: 'i' },
      { id: 'other' },
      { projectId: null, instanceId: 'p' },
    ];
    const names = [{}, ...others].map((other) => resultName({ ...KEY, ...other }));
    expect(new Set(names).size).toBe(names.length);
    const shuffled = Object.fromEntries([...Object.entries(KEY).reverse(), ['extra', 1]]) as unknown as TaskKey;
    expect(taskText(shuffled)).toBe(taskText(KEY));
    expect(scopeText(shuffled)).toBe(scopeText(KEY));
  });

  it('are the same only for the same parts', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const differing = Object.keys(a).filter((member) => a[member as keyof TaskKey] !== b[member as keyof TaskKey]);
        expect(taskText(a) === taskText(b)).toBe(differing.length === 0);
        expect(scopeText(a) === scopeText(b)).toBe(differing.every((member) => member === 'id'));
      }),
    );
  });
});

describe('the name of a proof', () => {
  it('is of one principal and one scope, and tells neither', () => {
    fc.assert(
      fc.property(part, key, part, key, (one, scope, other, otherScope) => {
        const [name, otherName] = [proofName(one, scopeText(scope)), proofName(other, scopeText(otherScope))];
        expect(name).toMatch(/^tg:v5:proof:\{[\w-]{43}\}$/);
        expect(name === otherName).toBe(one === other && scopeText(scope) === scopeText(otherScope));
      }),
    );
  });
});

describe('the names that all gateways share', () => {
  it('have the version, too', () => {
    expect([PURGES_NAME, EVENTS_CHANNEL]).toEqual(['tg:v5:{purges}', 'tg:v5:events']);
  });
});
