import { describedProviders } from '@gateway/providers/testing';
import { apig } from './apig.js';
import type { Dialect } from './dialect.js';
import { dms } from './dms.js';
import { ims } from './ims.js';

/** The services that are simulated: one line each. */
export const SERVICES: readonly Dialect[] = [apig, dms, ims];

/** Providers without a dialect: they answer with their documented examples. */
export const DOCUMENTED: readonly string[] = describedProviders().filter(
  (provider) => !SERVICES.some(({ service }) => service === provider),
);
