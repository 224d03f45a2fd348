import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mayAsk } from './access-policy.js';

/** Few names, so that lists and targets often meet; some that a careless lookup would trip over. */
const name = fc.constantFrom('a', 'b', 'A', 'aa', 'any', '*', '', '__proto__', 'constructor', '0');
const names = fc.option(fc.array(name, { maxLength: 3 }), { nil: null });
const policy = fc.record({ regions: names, projects: names, instances: names, providers: names });
const target = fc.record({
  provider: name,
  region: fc.option(name, { nil: null }),
  projectId: fc.option(name, { nil: null }),
  instanceId: fc.option(name, { nil: null }),
});

describe('mayAsk', () => {
  it('says yes exactly where every member of the target is unused, unrestricted or listed', () => {
    fc.assert(
      fc.property(policy, target, (rules, asked) => {
        const pairs = [
          [rules.providers, asked.provider],
          [rules.regions, asked.region],
          [rules.projects, asked.projectId],
          [rules.instances, asked.instanceId],
        ] as const;
        const offending = pairs.filter(
          ([allowed, value]) => allowed !== null && value !== null && !new Set(allowed).has(value),
        );
        expect(mayAsk({ kind: 'policy', policy: rules }, asked)).toBe(offending.length === 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('never says yes to more when a list gets shorter', () => {
    fc.assert(
      fc.property(
        policy,
        target,
        fc.constantFrom('regions', 'projects', 'instances', 'providers'),
        (rules, asked, member) => {
          const narrower = { ...rules, [member]: (rules[member] ?? ['a', 'b']).slice(1) };
          const before = mayAsk({ kind: 'policy', policy: rules }, asked);
          const after = mayAsk({ kind: 'policy', policy: narrower }, asked);
          expect(after && !before).toBe(false);
        },
      ),
    );
  });

  it('leaves those without a policy to what proves it elsewhere', () => {
    fc.assert(
      fc.property(target, (asked) => {
        expect([mayAsk({ kind: 'everything' }, asked), mayAsk({ kind: 'own-token' }, asked)]).toEqual([true, true]);
      }),
    );
  });
});
