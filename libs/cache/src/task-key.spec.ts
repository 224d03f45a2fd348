import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { SHARED_PARTITION, entryName } from './task-key.js';
import type { TaskKey } from './task-key.js';

const KEY: TaskKey = {
  partition: SHARED_PARTITION,
  provider: 'apig',
  region: 'eu-de',
  projectId: 'p',
  instanceId: null,
  id: 'secret-looking-id',
};
const part = fc.oneof(fc.constantFrom('', 'null', '","', '[', 'a'), fc.string({ unit: 'binary', maxLength: 4 }));
const key: fc.Arbitrary<TaskKey> = fc.record({
  partition: part,
  provider: part,
  region: fc.option(part),
  projectId: fc.option(part),
  instanceId: fc.option(part),
  id: part,
});

describe('entryName', () => {
  it('is a version and one hash tag, without a word of the key', () => {
    expect(entryName(KEY)).toMatch(/^tg:v1:\{[\w-]{43}\}$/);
    expect(entryName(KEY)).not.toContain('secret');
  });

  it('depends on every part and on nothing else', () => {
    const others: Partial<TaskKey>[] = [
      { partition: 'b' },
      { provider: 'ims' },
      { region: null },
      { projectId: null },
      { instanceId: 'i' },
      { id: 'other' },
      { projectId: null, instanceId: 'p' },
    ];
    const names = [{}, ...others].map((other) => entryName({ ...KEY, ...other }));
    expect(new Set(names).size).toBe(names.length);
    const shuffled = Object.fromEntries([...Object.entries(KEY).reverse(), ['extra', 1]]) as unknown as TaskKey;
    expect(entryName(shuffled)).toBe(entryName(KEY));
  });

  it('is the same only for the same parts', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const same = Object.keys(a).every((member) => a[member as keyof TaskKey] === b[member as keyof TaskKey]);
        expect(entryName(a) === entryName(b)).toBe(same);
      }),
    );
  });
});
