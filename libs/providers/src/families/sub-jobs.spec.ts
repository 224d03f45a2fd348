import { describe, expect, it } from '@jest/globals';
import { allResources } from './sub-jobs.js';

describe('what a job and its sub-jobs name', () => {
  it('one id of two types: two things, the first entry of each kept', () => {
    const volume = { type: 'volume', id: 'a', action: 'created' };
    const backup = { type: 'backup', id: 'a' };
    expect(allResources([volume, backup, { type: 'volume', id: 'a' }])).toEqual([volume, backup]);
  });

  it('many things: none is compared with all others, for which a body has room for far too many', () => {
    let reads = 0;
    const resources = Array.from({ length: 1000 }, (_, at) => ({
      type: 'volume',
      get id() {
        reads += 1;
        return String(at % 500);
      },
    }));
    expect(allResources(resources)).toEqual(resources.slice(0, 500));
    // Those of the comparison itself included.
    expect(reads).toBeLessThan(5 * resources.length);
  });
});
