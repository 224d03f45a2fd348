import { afterAll, beforeAll } from '@jest/globals';
import { newApiKey } from '../../support/api-keys.js';
import { startGateway } from '../../support/gateway.js';
import type { Gateway } from '../../support/gateway.js';
import { AUDIENCE, startIssuer } from '../../support/issuer.js';
import type { Issuer } from '../../support/issuer.js';
import { exchange, watchController } from '../../support/raw-exchange.js';
import type { Answered, WatchedController, Written } from '../../support/raw-exchange.js';
import { APIG_INSTANCE, DMS_INSTANCE, PROJECT, REGION } from '../../support/tasks.js';

export type Headers = Written['headers'];
export interface Line {
  readonly requestId?: string;
  readonly status?: number;
}
/** Credentials, and the status that they get for every task here. */
export interface Credential {
  readonly sent: Headers;
  readonly status: 200 | 400 | 401 | 403;
}

export const MODES = ['open', 'cors', 'passthrough', 'apiKey', 'jwt'] as const;
export type Mode = (typeof MODES)[number];

export const ORIGIN = 'https://app.example.com';
export const ADMIN_TOKEN = 'operator-token-of-32-characters-!';
export const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const EXPORT = 'c1c2c3d4e5f60718293a4b5c6d7e8f90';
const ANY = newApiKey('any');
export const DENIED = {
  region: newApiKey('region', { regions: ['elsewhere'] }),
  project: newApiKey('project', { projects: ['elsewhere'] }),
  instance: newApiKey('instance', { instances: ['elsewhere'] }),
  provider: newApiKey('provider', { providers: ['apig'] }),
};
const ADDRESSES = { iam: '${SIMULATOR_URL}/iam', endpoint: '${SIMULATOR_URL}/{service}' };

/** A gateway for each mode of access, before one simulator, and what asks them. */
export interface ExpressGateways {
  readonly gatewayOf: (mode: Mode) => Gateway;
  /** The first may read every task. */
  readonly credentialsOf: (mode: Mode) => readonly Credential[];
  readonly tasks: () => readonly { readonly provider: string; readonly id: string }[];
  readonly issuer: () => Issuer;
  readonly ask: (mode: Mode, written: Written) => Promise<Answered>;
  /** Asks once, so that the answer is stored and its URL known. */
  readonly warmUp: (mode: Mode, path: string, headers?: Headers) => Promise<Written>;
  readonly linesOf: (mode: Mode, requestId: string) => readonly Line[];
}

export const get = (path: string, headers: Headers = []): Written => ({
  method: 'GET',
  path,
  headers: [['Host', 'a'], ...headers],
});

export const tokenOf = (gateway: Gateway, projectId = PROJECT): string =>
  gateway.simulator.control.issueToken({ domain: 'demo', user: 'demo', projectId });

/** Starts them before the tests of a file, and closes them afterwards. */
export function expressGateways(): ExpressGateways {
  let controller: WatchedController;
  let issuer: Issuer;
  let tasks: readonly { readonly provider: string; readonly id: string }[];
  const gateways: Partial<Record<Mode, Gateway>> = {};
  const credentials: Partial<Record<Mode, readonly Credential[]>> = {};

  beforeAll(async () => {
    controller = watchController();
    issuer = await startIssuer();
    const admin = { port: 0, token: '${ADMIN_TOKEN}' };
    const secrets = { ADMIN_TOKEN };
    // What is compared are answers: a busy machine may take its time for them.
    const upstream = { connectMs: 10_000, attemptMs: 30_000, requestMs: 60_000 };
    const open = await startGateway({ config: { admin, upstream, server: {} }, secrets });
    const { simulator } = open;
    const login = { mode: 'password', domain: 'demo', user: 'demo', password: '${SIMULATOR_PASSWORD}' };
    const own = [{ name: REGION, projectId: PROJECT, ...ADDRESSES, credentials: { mode: 'passthrough' } }];
    const claims = { regions: 'any', projects: 'projects', instances: 'any', providers: 'any' };
    const jwt = { issuer: issuer.url, audience: AUDIENCE, algorithms: ['RS256'], claims };
    const apiKeys = [ANY, ...Object.values(DENIED)].map(({ entry }) => entry);
    const start = (config: Readonly<Record<string, unknown>>): Promise<Gateway> =>
      startGateway({ simulator, secrets, config: { admin, upstream, ...config } });
    gateways.open = open;
    gateways.cors = await start({ server: { corsOrigins: [ORIGIN] } });
    gateways.passthrough = await start({ regions: own, access: { mode: 'passthrough' } });
    gateways.apiKey = await start({
      access: { mode: 'apiKey', apiKeys },
      regions: [
        { name: REGION, ...ADDRESSES, credentials: login },
        { name: 'elsewhere', ...ADDRESSES, credentials: login },
      ],
      providers: [
        { id: 'apig', region: REGION, projectId: PROJECT, instanceId: APIG_INSTANCE },
        { id: 'ims', region: REGION, projectId: PROJECT },
        { id: 'dms', region: REGION, projectId: PROJECT, instanceId: DMS_INSTANCE },
      ],
    });
    gateways.jwt = await start({ access: { mode: 'jwt', jwt } });
    const { control } = simulator;
    const put = (id: string, status: string, text: string): void =>
      control.putReply({ service: 'ims', id, body: { job_id: id, status, job_type: 'new', entities: { text } } });
    put('ascii', 'SUCCESS', 'plain');
    put('chinese', 'SUCCESS', '任务已完成');
    put('latin', 'SUCCESS', '\u0080\u00e9\u00ff');
    put('running', 'RUNNING', 'plain');
    put('large', 'SUCCESS', 'word '.repeat(200_000));
    const file = JSON.stringify({ FileName: 'é', FileType: '.json', Comment: '{}' });
    const exported = { task_id: EXPORT, task_status: 'succeed', task_type: 'export_api', task_result: file };
    control.putReply({ service: 'apig', id: EXPORT, body: exported });
    tasks = [
      ...['ascii', 'chinese', 'latin', 'running', 'large'].map((id) => ({ provider: 'ims', id })),
      { provider: 'apig', id: EXPORT },
      { provider: 'apig', id: '4dfbf6acaacf4c41a8b3c50daa90d3dc' },
      { provider: 'dms', id: '8abfa7b272adc5b40172b73130065ae7' },
    ];
    const none: Credential = { sent: [], status: 200 };
    const token: Credential = { sent: [['X-Auth-Token', tokenOf(open)]], status: 200 };
    const twoTokens: Credential = { sent: [...token.sent, ...token.sent], status: 400 };
    const key = (value: string): readonly [string, string] => ['X-API-Key', value];
    const denied = [DENIED.region, DENIED.project].map((each): Credential => ({ sent: [key(each.key)], status: 403 }));
    const bearer = (value: string): readonly [string, string] => ['Authorization', `Bearer ${value}`];
    const good = bearer(await issuer.token({ claims: { projects: PROJECT } }));
    credentials.open = [none, token, twoTokens, { sent: [['X-Auth-Token', 'a, b']], status: 400 }];
    credentials.cors = credentials.open;
    credentials.passthrough = [
      token,
      { sent: [], status: 401 },
      { sent: [['X-Auth-Token', 'x']], status: 401 },
      twoTokens,
    ];
    credentials.apiKey = [
      { sent: [key(ANY.key)], status: 200 },
      { sent: [key(ANY.key), ...token.sent], status: 200 },
      { sent: [key(ANY.key), ...twoTokens.sent], status: 400 },
      { sent: [key(ANY.key), key(ANY.key)], status: 400 },
      { sent: [key('wrong')], status: 401 },
      { sent: [], status: 401 },
      ...denied,
    ];
    credentials.jwt = [
      { sent: [good], status: 200 },
      { sent: [good, ...token.sent], status: 200 },
      { sent: [good, good], status: 400 },
      { sent: [bearer('a.b.c')], status: 401 },
      { sent: [bearer(await issuer.token({ claims: { projects: 'elsewhere' } }))], status: 403 },
      { sent: [], status: 401 },
    ];
  });
  afterAll(async () => {
    controller.stop();
    for (const mode of MODES.toReversed()) await gateways[mode]?.close();
    await issuer.close();
  });

  const gatewayOf = (mode: Mode): Gateway => gateways[mode] as Gateway;
  const credentialsOf = (mode: Mode): readonly Credential[] => credentials[mode] ?? [];
  const ask = (mode: Mode, written: Written): Promise<Answered> => exchange(gatewayOf(mode).port, controller, written);
  return {
    gatewayOf,
    credentialsOf,
    tasks: () => tasks,
    issuer: () => issuer,
    ask,
    warmUp: async (mode, path, headers = credentialsOf(mode)[0]?.sent ?? []) => {
      await ask(mode, get(path, headers));
      return get(path, headers);
    },
    linesOf: (mode, id) =>
      gatewayOf(mode)
        .logs.map((line) => JSON.parse(line) as Line)
        .filter(({ requestId }) => requestId === id),
  };
}
