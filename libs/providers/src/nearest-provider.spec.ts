import { describe, expect, it } from '@jest/globals';
import { PROVIDERS } from './index.js';
import { nearestProviders } from './nearest-provider.js';

const IDS = ['apig', 'ecs', 'evs', 'sfs-turbo', 'taurusdb', 'gitlab-pipeline'];
const nearest = (name: string) =>
  nearestProviders(
    name,
    IDS.map((id) => ({ id })),
  );

describe('nearest providers', () => {
  it.each([
    ['one letter more', 'apigw', ['apig']],
    ['one letter less', 'apg', ['apig']],
    ['another letter', 'epig', ['apig']],
    ['two letters that changed places', 'esc', ['ecs']],
    ['capitals', 'APIG', ['apig']],
    ['another dash', 'SFS_turbo', ['sfs-turbo']],
    ['two slips in a long name', 'tauruusd', ['taurusdb']],
    ['more slips in a longer name', 'gitlab-piplines', ['gitlab-pipeline']],
    ['two ids that are equally near', 'ess', ['ecs', 'evs']],
  ])('%s: are found', (_what, name, ids) => {
    expect(nearest(name)).toEqual(ids);
  });

  it.each(['', 'a', 'obs', 'xxs', 'turbo', 'constructor', '__proto__', 'ecs'.repeat(5_000)])('%j: are none', (name) => {
    expect(nearest(name)).toEqual([]);
  });

  it.each(PROVIDERS.map(({ id }) => id))('%s: is nearest to itself', (id) => {
    expect(nearestProviders(id, PROVIDERS)).toEqual([id]);
  });
});
