import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { TaskAddress } from './task.js';
import type { TaskAddressMembers } from './task.js';

const part = fc.oneof(fc.constantFrom('', 'null', '","', '[', 'a'), fc.string({ unit: 'binary', maxLength: 4 }));
const members: fc.Arbitrary<TaskAddressMembers> = fc.record({
  provider: part,
  region: part,
  projectId: fc.option(part),
  instanceId: fc.option(part),
  id: part,
});

describe('TaskAddress', () => {
  it('key and scope: equal only for equal members, the scope whatever the id', () => {
    fc.assert(
      fc.property(members, members, (a, b) => {
        const differing = Object.keys(a).filter(
          (member) => a[member as keyof TaskAddressMembers] !== b[member as keyof TaskAddressMembers],
        );
        const [one, other] = [new TaskAddress(a), new TaskAddress(b)];
        expect(one.key === other.key).toBe(differing.length === 0);
        expect(one.scope === other.scope).toBe(differing.every((member) => member === 'id'));
      }),
    );
  });

  it('key and scope: the same whatever the order of the members, and whatever stands beside them', () => {
    const given = { provider: 'apig', region: 'eu-de', projectId: 'p', instanceId: null, id: 'a' };
    const shuffled = Object.fromEntries([...Object.entries(given).reverse(), ['extra', 1]]);
    const address = new TaskAddress(shuffled);
    expect(address).toEqual(new TaskAddress(given));
    expect(address.key).toBe('["apig","eu-de","p",null,"a"]');
    expect(address.with({ id: 'b' })).toEqual(new TaskAddress({ ...given, id: 'b' }));
  });
});
