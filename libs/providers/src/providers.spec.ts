import { describe, expect, it } from '@jest/globals';
import { PROVIDERS } from './index.js';
import { describedProviders } from './testing/fixtures.js';

describe('providers', () => {
  it('are all in the one list', () => {
    expect(PROVIDERS.map(({ id }) => id).toSorted()).toEqual(describedProviders());
  });

  it('leave the codes of the API front to the table that all share', () => {
    for (const { errors } of PROVIDERS)
      for (const { code } of errors)
        for (const front of ['APIG.0101', 'APIGW.0308'])
          expect(typeof code === 'string' ? code === front : code.test(front)).toBe(false);
  });
});
