import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, parseConfig } from './load-config.js';

const names = [
  'server',
  'regions',
  'providers',
  'cache',
  'upstream',
  'access',
  'name',
  'id',
  'credentials',
  'endpoints',
  'redis',
];
const access = [
  'apiKeys',
  'jwt',
  'claims',
  'regions',
  'providers',
  'sha256',
  'algorithms',
  'issuer',
  'principalSecret',
];
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(
      null,
      true,
      'open',
      'apiKey',
      'jwt',
      'any',
      'cluster',
      0,
      -1,
      1.5,
      '',
      'x',
      'https://a',
      '${UNSET}',
      '__proto__',
    ),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...names,
        'mode',
        'url',
        'kind',
        'tls',
        'nodes',
        'iam',
        'endpoint',
        ...access,
        'constructor',
        '__proto__',
      ),
      tie('any'),
    ),
  ),
})).any;

it('whatever stands in the file, it is a configuration or an explanation', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names.slice(0, 6)), value), (plain) => {
      try {
        const { regions } = parseConfig(JSON.stringify(plain), {}, 'gateway.yaml');
        expect(regions.length).toBeGreaterThan(0);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        expect(error.message).toMatch(/^The configuration cannot be used \(gateway\.yaml\):\n {2}- /);
      }
    }),
    { numRuns: 500 },
  );
});
