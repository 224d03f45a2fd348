import { describe, expect, it } from '@jest/globals';
import { cloudsOf, hostLabel } from './cloud.js';

describe('a service with one label', () => {
  it('is on all clouds of that make, under it', () => {
    const service = 'dms';
    expect(cloudsOf({ service })).toEqual(['open-telekom-cloud', 'huawei-cloud']);
    for (const cloud of cloudsOf({ service })) expect(hostLabel({ service }, cloud)).toBe('dms');
  });
});

describe('a service with labels by cloud', () => {
  const service = { 'huawei-cloud': 'gaussdb' };

  it('is on those clouds alone', () => {
    expect(cloudsOf({ service })).toEqual(['huawei-cloud']);
    expect(hostLabel({ service }, 'huawei-cloud')).toBe('gaussdb');
    expect(hostLabel({ service }, 'open-telekom-cloud')).toBeNull();
  });
});
