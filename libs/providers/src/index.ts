import type { Provider } from '@gateway/tasks';
import { APIG } from './apig/apig.provider.js';
import { BMS } from './bms/bms.provider.js';
import { CBR } from './cbr/cbr.provider.js';
import { CCE } from './cce/cce.provider.js';
import { DCS } from './dcs/dcs.provider.js';
import { DDM } from './ddm/ddm.provider.js';
import { DDS } from './dds/dds.provider.js';
import { DIGITALOCEAN } from './digitalocean/digitalocean.provider.js';
import { DMS } from './dms/dms.provider.js';
import { DWS } from './dws/dws.provider.js';
import { ECS } from './ecs/ecs.provider.js';
import { EVS } from './evs/evs.provider.js';
import { GAUSSDB } from './gaussdb/gaussdb.provider.js';
import { GEMINIDB } from './geminidb/geminidb.provider.js';
import { GITHUB_RUN } from './github-run/github-run.provider.js';
import { GITLAB_PIPELINE } from './gitlab-pipeline/gitlab-pipeline.provider.js';
import { HETZNER } from './hetzner/hetzner.provider.js';
import { IMS } from './ims/ims.provider.js';
import { RDS } from './rds/rds.provider.js';
import { SDRS } from './sdrs/sdrs.provider.js';
import { SFS_TURBO } from './sfs-turbo/sfs-turbo.provider.js';
import { TAURUSDB } from './taurusdb/taurusdb.provider.js';
import { VBS } from './vbs/vbs.provider.js';

/** The one list of providers: routes, documentation, health and contract tests derive from it. */
export const PROVIDERS: readonly Provider[] = [
  APIG,
  IMS,
  DMS,
  EVS,
  DCS,
  SFS_TURBO,
  DWS,
  CCE,
  CBR,
  RDS,
  TAURUSDB,
  GAUSSDB,
  DDS,
  GEMINIDB,
  DDM,
  ECS,
  BMS,
  SDRS,
  VBS,
  HETZNER,
  DIGITALOCEAN,
  GITLAB_PIPELINE,
  GITHUB_RUN,
];

export { nearestProviders } from './nearest-provider.js';

/** The provider with this route key; undefined where none has it. */
export function findProvider(id: string): Provider | undefined {
  return PROVIDERS.find((provider) => provider.id === id);
}
