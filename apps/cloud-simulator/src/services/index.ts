import { PROVIDERS } from '@gateway/providers';
import { apig } from './apig.js';
import { describedDialect } from './described.js';
import type { Dialect, OwnDialect } from './dialect.js';
import { dms } from './dms.js';
import { ims } from './ims.js';

/** Services that say more than their examples, by provider. */
const OWN: Readonly<Record<string, OwnDialect>> = { apig, dms, ims };

/** Every provider, simulated. */
export const SERVICES: readonly Dialect[] = PROVIDERS.map((provider) => {
  const { morePaths = [], ...own } = OWN[provider.id] ?? {};
  return { ...describedDialect(provider), ...own, paths: [provider.path, ...morePaths] };
});
