import { cloudsOf, hostLabel, isHuaweiStyle } from '@gateway/tasks';
import type { Cloud, Provider } from '@gateway/tasks';

/** The cloud of addresses that name none, as of regions that name none. */
const DEFAULT_CLOUD: Cloud = 'open-telekom-cloud';

/**
 * The first segments of a provider's addresses: its host label, below the cloud where several have it by other labels.
 * A region's `endpoint` is `…/{service}`, or `…/huawei-cloud/{service}`. Clouds of other makers have one host each: `…/github`.
 */
export function prefixesOf(provider: Provider): readonly (readonly string[])[] {
  return cloudsOf(provider).flatMap((cloud) => {
    if (!isHuaweiStyle(cloud)) return [[cloud]];
    const label = hostLabel(provider, cloud) ?? '';
    return cloud === DEFAULT_CLOUD ? [[label], [cloud, label]] : [[cloud, label]];
  });
}

/** Whether a provider's cloud reads bearer tokens, having no IAM. */
export function takesBearer(provider: Provider): boolean {
  return !cloudsOf(provider).every(isHuaweiStyle);
}
