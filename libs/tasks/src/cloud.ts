/** Clouds that regions can be of. */
export const CLOUDS = ['open-telekom-cloud', 'huawei-cloud', 'hetzner', 'digitalocean', 'gitlab', 'github'] as const;
export type Cloud = (typeof CLOUDS)[number];

/** Host label of a service: one for all clouds of Huawei's make, or by cloud, and then the service is on those alone. */
export type HostLabels = string | Readonly<Partial<Record<Cloud, string>>>;

interface Hosted {
  readonly service: HostLabels;
}

/** Clouds of one make: a service with one label for all is on each of these. */
const HUAWEI_STYLE: readonly Cloud[] = ['open-telekom-cloud', 'huawei-cloud'];

/** Whether a cloud has an identity service, whose tokens go into `X-Auth-Token`. Others take long-lived tokens as bearer tokens. */
export function isHuaweiStyle(cloud: Cloud): boolean {
  return HUAWEI_STYLE.includes(cloud);
}

/** Clouds that have a service. */
export function cloudsOf({ service }: Hosted): readonly Cloud[] {
  return typeof service === 'string' ? HUAWEI_STYLE : CLOUDS.filter((cloud) => service[cloud] !== undefined);
}

/** Host label of a service on a cloud; null where that cloud does not have it. */
export function hostLabel({ service }: Hosted, cloud: Cloud): string | null {
  if (typeof service !== 'string') return service[cloud] ?? null;
  return isHuaweiStyle(cloud) ? service : null;
}
