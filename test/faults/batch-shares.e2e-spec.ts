import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { providersOn } from '../support/providers-on.js';
import { eventually } from '../support/eventually.js';
import { send } from '../support/http-client.js';
import { holdingBack, wellBehaved } from './support/answers.js';
import { startGateway } from './support/gateway.js';
import type { Gateway } from './support/gateway.js';
import { startRawUpstream } from './support/raw-upstream.js';
import type { RawUpstream } from './support/raw-upstream.js';
import { THREE_ATTEMPTS, TOKEN } from './support/two-clouds.js';

/** Answers nothing until it is told to, and then everything well. */
let hole: RawUpstream;
let sound: RawUpstream;
let gateway: Gateway;
let held: () => number;
let release: () => void;

/** IMS of the region `dark` is the hole; its other services, and IMS of other regions, are sound. */
beforeEach(async () => {
  const holding = holdingBack();
  ({ held, release } = holding);
  [hole, sound] = await Promise.all([startRawUpstream(holding.behaviour), startRawUpstream(wellBehaved)]);
  const region = (name: string) => ({ name, endpoint: `${sound.url}/{service}`, credentials: { mode: 'passthrough' } });
  const elsewhere = ['dark', 'light'].map((name) => ({ region: name, url: sound.url }));
  gateway = await startGateway({
    config: {
      regions: [region('dark'), region('light')],
      providers: [
        { id: 'ims', endpoints: [{ region: 'dark', url: hole.url }] },
        ...providersOn()
          .filter(({ id }) => id !== 'ims')
          .map(({ id }) => ({ id, endpoints: elsewhere })),
      ],
      upstream: THREE_ATTEMPTS,
    },
  });
});
afterEach(async () => {
  await gateway.close();
  await Promise.all([hole.close(), sound.close()]);
});

const tasks = (count: number, provider: string, region: string, scope: object = {}): readonly object[] =>
  Array.from({ length: count }, (_, at) => ({ provider, region, id: `task-${at}`, projectId: 'project-1', ...scope }));
const holes = tasks(60, 'ims', 'dark');

it.each([
  ['another provider', tasks(40, 'dms', 'dark', { instanceId: 'instance-1' })],
  ['the same provider in another region', tasks(40, 'ims', 'light')],
])(
  'batch of 60 tasks of a provider that does not answer, then 40 of %s: all 40 are asked for meanwhile',
  async (_, good) => {
    const body = JSON.stringify({ tasks: [...holes, ...good] });
    const headers = { 'content-type': 'application/json', 'x-auth-token': TOKEN };
    const answered = send(gateway.port, { method: 'POST', path: '/tasks/batch-get', headers, body });
    await eventually(() => sound.requests.length === good.length);
    // Of its own places a batch fills no more than these.
    expect([held(), hole.requests.length]).toEqual([16, 16]);
    release();
    const { items } = (await answered).body as { items: readonly { readonly status: number }[] };
    expect(items.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect(hole.requests).toHaveLength(holes.length);
  },
);
