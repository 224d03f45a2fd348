import { providersOn } from '../../support/providers-on.js';
import { wellBehaved } from './answers.js';
import { startGateway } from './gateway.js';
import type { Gateway, Reply } from './gateway.js';
import { REQUEST_ID } from './problem.js';
import { startRawUpstream } from './raw-upstream.js';
import type { RawUpstream } from './raw-upstream.js';

/** Planted in every request. */
export const TOKEN = 'MIIPlantedTokenThatMustNotLeak-0123456789';
export const TASK = '4b1f2c3d';
const PROJECT = 'project-1';
const INSTANCE = 'instance-1';

/** A gateway whose image service is at the mercy of a test, while its other services are sound. */
export interface TwoClouds {
  readonly gateway: Gateway;
  /** What plays the image service. */
  readonly faulty: RawUpstream;
  /** What plays all others. */
  readonly sound: RawUpstream;
  /** About {@link TASK} unless another id is given: who asks about one task at one time shares one question. */
  readonly askFaulty: (headers?: Readonly<Record<string, string>>, id?: string) => Promise<Reply>;
  readonly askSound: () => Promise<Reply>;
  readonly close: () => Promise<void>;
}

export interface TwoCloudsOptions {
  readonly upstream?: Readonly<Record<string, number>>;
  /** Address of the image service, where it is not `faulty`. */
  readonly endpoint?: string;
  readonly faulty?: RawUpstream;
}

/** Largest body of the image service, in bytes. */
export const BODY_LIMIT = 4_096;

/** Three attempts without pauses, and nothing that would stop them. */
export const THREE_ATTEMPTS = {
  connectMs: 5_000,
  attemptMs: 20_000,
  requestMs: 30_000,
  retries: 2,
  backoffBaseMs: 0,
  backoffCapMs: 0,
  retryBudgetRatio: 1,
  retryBudgetMinimum: 1_000,
  breakerMinimumRequests: 100_000,
};

export async function startTwoClouds({
  upstream = {},
  endpoint,
  ...options
}: TwoCloudsOptions = {}): Promise<TwoClouds> {
  const faulty = options.faulty ?? (await startRawUpstream(wellBehaved));
  const sound = await startRawUpstream(wellBehaved);
  const elsewhere = [{ region: 'eu-test', url: sound.url }];
  const gateway = await startGateway({
    config: {
      regions: [{ name: 'eu-test', endpoint: endpoint ?? faulty.url, credentials: { mode: 'passthrough' } }],
      providers: [
        { id: 'ims', maxBodyBytes: BODY_LIMIT },
        ...providersOn()
          .filter(({ id }) => id !== 'ims')
          .map(({ id }) => ({ id, endpoints: elsewhere })),
      ],
      upstream: { ...THREE_ATTEMPTS, ...upstream },
    },
  });
  return {
    gateway,
    faulty,
    sound,
    askFaulty: (headers = {}, id = TASK) =>
      gateway.get(`/tasks/ims/${id}?projectId=${PROJECT}`, {
        token: TOKEN,
        headers: { 'x-request-id': REQUEST_ID, ...headers },
      }),
    askSound: () =>
      gateway.get(`/tasks/dms/${TASK}?projectId=${PROJECT}&instanceId=${INSTANCE}`, {
        token: TOKEN,
        headers: { 'cache-control': 'no-store' },
      }),
    close: async () => {
      await gateway.close();
      await Promise.all([faulty.close(), sound.close()]);
    },
  };
}
