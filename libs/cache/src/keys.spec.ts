import { TaskAddress } from '@gateway/tasks';
import type { TaskAddressMembers } from '@gateway/tasks';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { EVENTS_CHANNEL, PURGES_NAME, proofName, resultName, taskNames } from './keys.js';
import { addressOf } from './testing/fake-stores.js';

const ADDRESS = addressOf('secret-looking-id');
const part = fc.oneof(fc.constantFrom('', 'null', '","', '[', 'a'), fc.string({ unit: 'binary', maxLength: 4 }));
const address: fc.Arbitrary<TaskAddress> = fc
  .record({ provider: part, region: part, projectId: fc.option(part), instanceId: fc.option(part), id: part })
  .map((members) => new TaskAddress(members));
const tagOf = (name: string): string | undefined => /\{(.*?)\}/.exec(name)?.[1];

describe('the names of a task', () => {
  it('are a version and one hash tag, without a word of the key', () => {
    const { result, negative, lock } = taskNames(ADDRESS, 'alice');
    expect(result).toBe(resultName(ADDRESS));
    expect(result).toMatch(/^tg:v6:\{[\w-]{43}\}$/);
    expect([negative, lock]).toEqual([`${result}:negative:alice`, `${result}:lock:alice`]);
    expect(result + negative + lock).not.toContain('secret');
  });

  it('share a cluster slot among all partitions', () => {
    fc.assert(
      fc.property(
        address,
        fc.stringMatching(/^[\w-]{1,43}$/),
        fc.stringMatching(/^[\w-]{1,43}$/),
        (any, one, other) => {
          const names = [one, other].flatMap((partition) => Object.values(taskNames(any, partition)));
          expect(new Set(names.map(tagOf)).size).toBe(1);
        },
      ),
    );
  });

  it('depend on every part and on nothing else', () => {
    const others: Partial<TaskAddressMembers>[] = [
      { provider: 'ims' },
      { region: 'eu-nl' },
      { projectId: null },
      { instanceId: 'i' },
      { id: 'other' },
      { projectId: null, instanceId: 'p' },
    ];
    const names = [{}, ...others].map((other) => resultName(addressOf('a', other)));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the name of a proof', () => {
  it('is of one principal and one scope, and shows neither', () => {
    fc.assert(
      fc.property(part, address, part, address, (one, { scope }, other, { scope: otherScope }) => {
        const [name, otherName] = [proofName(one, scope), proofName(other, otherScope)];
        expect(name).toMatch(/^tg:v6:proof:\{[\w-]{43}\}$/);
        expect(name === otherName).toBe(one === other && scope === otherScope);
      }),
    );
  });
});

describe('the names that all gateways share', () => {
  it('have the version, too', () => {
    expect([PURGES_NAME, EVENTS_CHANNEL]).toEqual(['tg:v6:{purges}', 'tg:v6:events']);
  });
});
