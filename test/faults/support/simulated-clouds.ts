import { createHash } from 'node:crypto';
import { CLOUDS, cloudsOf, isHuaweiStyle } from '@gateway/tasks';
import type { Cloud } from '@gateway/tasks';
import { findProvider, PROVIDERS } from '@gateway/providers';
import type { Account } from '../../../apps/cloud-simulator/src/accounts.js';
import { startSimulator } from '../../../apps/cloud-simulator/src/simulator.js';
import type { Simulator, SimulatorOptions } from '../../../apps/cloud-simulator/src/simulator.js';
import { providersOn } from '../../support/providers-on.js';
import { startGateway } from './gateway.js';
import type { AskOptions, Gateway, Reply } from './gateway.js';
import { REQUEST_ID } from './problem.js';

export const PROJECT = 'ac234de25c6741d2b1273da49eea1b9e';
export const OTHER_PROJECT = '5f3a8e0d7c1b4e6f9a2d4c8b1e7f6a35';
const INSTANCE = 'eddc4d25480b4cd6b512f270a1b8b341';

/** Everything that only the gateway and the clouds may know. */
export const SECRETS = {
  GATEWAY_PASSWORD: 'Gateway!Passw0rd-of-the-cloud',
  SECRET_KEY: 'secretKeyThatSignsRequests0123456789abcd',
  TEMPORARY_SECRET: 'temporarySecretKey0123456789abcdefghijkl',
  SECURITY_TOKEN: `securityToken${'x'.repeat(200)}`,
  TOKEN: 'tokenThatWasMadeByHand0123456789abcdefgh',
};
export const ACCESS_KEY = 'FAULTACCESSKEY000001';
const TEMPORARY_KEY = 'FAULTACCESSKEY000002';

/** Of every service whose tasks belong to instances. */
const instances = Object.fromEntries(
  PROVIDERS.filter(({ scope }) => scope.includes('instanceId')).map(({ id }) => [id, [INSTANCE]]),
);

const ACCOUNT: Account = {
  id: 'd78cbac186b744899480f25bd022f468',
  name: 'acme',
  projects: [
    { id: PROJECT, name: 'eu_first', paths: ['acme/first'], instances },
    { id: OTHER_PROJECT, name: 'eu_second', paths: ['acme/second'], instances },
  ],
  users: [
    {
      id: '00000000000000000000000000000001',
      name: 'gateway',
      password: SECRETS.GATEWAY_PASSWORD,
      tokens: [SECRETS.TOKEN],
      keys: [
        { access: ACCESS_KEY, secret: SECRETS.SECRET_KEY },
        { access: TEMPORARY_KEY, secret: SECRETS.TEMPORARY_SECRET, securityToken: SECRETS.SECURITY_TOKEN },
      ],
    },
    { id: '00000000000000000000000000000002', name: 'alice', password: 'unused-a', projects: [PROJECT] },
    { id: '00000000000000000000000000000003', name: 'bob', password: 'unused-b' },
  ],
};

/** Credentials of the gateway, by the region that they are used in. */
const CREDENTIALS = {
  own: { mode: 'passthrough' },
  password: { mode: 'password', domain: 'acme', user: 'gateway', password: '${GATEWAY_PASSWORD}' },
  key: { mode: 'aksk', accessKey: ACCESS_KEY, secretKey: '${SECRET_KEY}' },
  temporary: {
    mode: 'aksk',
    accessKey: TEMPORARY_KEY,
    secretKey: '${TEMPORARY_SECRET}',
    securityToken: '${SECURITY_TOKEN}',
  },
};
export type Region = keyof typeof CREDENTIALS;

const HUAWEI_STYLE = [
  ['open-telekom-cloud', '/{service}'],
  ['huawei-cloud', '/huawei-cloud/{service}'],
] as const;
const MAKERS = CLOUDS.filter((cloud) => !isHuaweiStyle(cloud));
/** Of clouds without an IAM; their regions are called as they are, or `own-` and that. */
const TOKENS = { own: { mode: 'passthrough' }, key: { mode: 'token', token: '${TOKEN}' } };

/** Regions of the cloud that is meant where none is named are called by their credentials alone. */
const regionOn = (cloud: Cloud, region: string): string =>
  cloud === 'open-telekom-cloud' ? region : `${region}-${cloud}`;

/** Where a provider is asked with some kind of credentials, and what its cloud calls a project. */
function placeOf(region: Region, service: Service, project: string | null): Readonly<Record<string, string>> {
  const { scope = [], ...provider } = findProvider(service) ?? { service: {} };
  const [cloud = 'open-telekom-cloud'] = cloudsOf(provider);
  if (isHuaweiStyle(cloud))
    return { region: regionOn(cloud, region), ...(project === null ? {} : { projectId: project }) };
  const path = project === OTHER_PROJECT ? 'acme/second' : 'acme/first';
  return {
    region: region === 'own' ? `own-${cloud}` : cloud,
    ...(project === null || !scope.includes('projectId') ? {} : { projectId: path }),
  };
}
/** Id of a provider. */
export type Service = string;
/** Those whose clouds have an IAM. */
export const IAM_SERVICES: readonly Service[] = providersOn().map(({ id }) => id);
/** The simulator lets tasks of all of them live. */
export const LIVING_SERVICES: readonly Service[] = PROVIDERS.map(({ id }) => id);

export interface LookupOptions extends AskOptions {
  /** `PROJECT` if left out; null names none. */
  readonly project?: string | null;
}

/** The simulated clouds, one region for each kind of credentials, and a gateway before them. */
export interface SimulatedClouds {
  readonly gateway: Gateway;
  readonly simulator: Simulator;
  /** Makes a task that has succeeded. */
  readonly finishedTask: (service: Service, projectId?: string) => string;
  readonly lookup: (region: Region, service: Service, id: string, options?: LookupOptions) => Promise<Reply>;
  /** A token of a user, without a login. */
  readonly tokenOf: (user: 'alice' | 'bob' | 'gateway', projectId?: string) => string;
  /** How often the clouds were asked: logins and questions about tokens, and tasks. */
  readonly asked: () => { readonly iam: number; readonly tasks: number };
  /** Distinct credentials that tasks were asked with. */
  readonly credentials: () => readonly (string | null)[];
  readonly close: () => Promise<void>;
}

export interface SimulatedCloudsOptions {
  readonly upstream?: Readonly<Record<string, number>>;
  readonly simulator?: SimulatorOptions;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly config?: Readonly<Record<string, unknown>>;
}

export async function startSimulatedClouds(options: SimulatedCloudsOptions = {}): Promise<SimulatedClouds> {
  const simulator = await startSimulator({ accounts: [ACCOUNT], ...options.simulator });
  const { control, url } = simulator;
  const regions = [
    ...HUAWEI_STYLE.flatMap(([cloud, endpoint]) =>
      Object.entries(CREDENTIALS).map(([name, credentials]) => ({
        name: regionOn(cloud, name),
        cloud,
        credentials,
        iam: `${url}/iam`,
        endpoint: url + endpoint,
      })),
    ),
    ...MAKERS.flatMap((cloud) => [
      { name: cloud, cloud, endpoint: `${url}/${cloud}`, credentials: TOKENS.key },
      { name: `own-${cloud}`, cloud, endpoint: `${url}/${cloud}`, credentials: TOKENS.own },
    ]),
  ];
  const upstream = { backoffBaseMs: 0, backoffCapMs: 0, concurrency: 128, breakerMinimumRequests: 100_000 };
  const gateway = await startGateway({
    config: { regions, upstream: { ...upstream, ...options.upstream }, ...options.config },
    secrets: { ...SECRETS, ...options.secrets },
  });
  const tasks = () => control.requests().filter(({ service }) => service !== 'iam');
  return {
    gateway,
    simulator,
    finishedTask: (service, projectId = PROJECT) => control.createTask({ service, projectId }).id,
    lookup(region, service, id, { project = PROJECT, token, headers = {} } = {}) {
      const scope = placeOf(region, service, project);
      const hasInstances = findProvider(service)?.scope.includes('instanceId') === true;
      const query = new URLSearchParams(hasInstances ? { ...scope, instanceId: INSTANCE } : scope);
      return gateway.get(`/tasks/${service}/${id}?${query.toString()}`, {
        ...(token === undefined ? {} : { token }),
        headers: { 'x-request-id': REQUEST_ID, ...headers },
      });
    },
    tokenOf: (user, projectId = PROJECT) => control.issueToken({ domain: 'acme', user, projectId }),
    asked: () => ({ iam: control.requests('iam').length, tasks: tasks().length }),
    credentials: () => [...new Set(tasks().map(({ credential }) => credential.sha256))],
    async close() {
      await gateway.close();
      await simulator.close();
    },
  };
}

/** How the simulator's log names a token or an access key. */
export function nameOf(credential: string): string {
  return createHash('sha256').update(credential).digest('hex').slice(0, 12);
}
