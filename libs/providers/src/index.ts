import { ApigModule } from './apig/apig.module.js';
import { DmsModule } from './dms/dms.module.js';
import { ImsModule } from './ims/ims.module.js';

/** The one list of providers: routes, documentation, health and contract tests derive from it. */
export const PROVIDER_MODULES = [ApigModule, ImsModule, DmsModule] as const;

/** Descriptions of all providers. */
export const PROVIDERS = PROVIDER_MODULES.map(({ provider }) => provider);
