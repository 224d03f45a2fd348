import { PROVIDERS } from '@gateway/providers';
import { cloudsOf } from '@gateway/tasks';
import type { Cloud, Provider } from '@gateway/tasks';

/** Providers that a cloud has; by default the one of regions that name none. */
export function providersOn(cloud: Cloud = 'open-telekom-cloud'): readonly Provider[] {
  return PROVIDERS.filter((provider) => cloudsOf(provider).includes(cloud));
}
