import { cloudsOf, hostLabel } from '@gateway/tasks';
import type { Cloud, Provider } from '@gateway/tasks';

/** The cloud of addresses that name none, as of regions that name none. */
const DEFAULT_CLOUD: Cloud = 'open-telekom-cloud';

/**
 * The first segments of a provider's addresses: its host label, below the cloud where several have it by other labels.
 * A region's `endpoint` is `…/{service}`, or `…/huawei-cloud/{service}`.
 */
export function prefixesOf(provider: Provider): readonly (readonly string[])[] {
  return cloudsOf(provider).flatMap((cloud) => {
    const label = hostLabel(provider, cloud) ?? '';
    return cloud === DEFAULT_CLOUD ? [[label], [cloud, label]] : [[cloud, label]];
  });
}
