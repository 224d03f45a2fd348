import { expect } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import type { Reply } from '../../support/http-client.js';
import { openStream } from '../../support/stream-reader.js';
import type { StreamReader } from '../../support/stream-reader.js';
import { startCloud } from '../../sharing/support/cloud.js';
import type { Answer, Behaviour, Call, Cloud } from '../../sharing/support/cloud.js';
import { endProcess, redisIs, startProcess } from '../../sharing/support/replicas.js';
import type { Replica, ReplicaOptions, ReplicaProcess } from '../../sharing/support/replicas.js';

/** Milliseconds after which a task is asked about again, as the provider says; a tenth more at random. */
export const INTERVAL_MS = 1_000;
/** An answer of this age will do for all who wait. */
const YOUNG_MS = 0.9 * INTERVAL_MS;

/** Several gateways with one Redis, and a cloud that knows which of them asks. */
export interface Fleet {
  readonly cloud: Cloud;
  readonly replicas: readonly ReplicaProcess[];
  /** The one that asked, where it asked with the gateway's credential. */
  readonly askerOf: (call: Call) => ReplicaProcess;
  readonly stop: () => Promise<void>;
}

/** @param env what the section of Redis names */
export async function startFleet(redis: ReplicaOptions['redis'], env: ReplicaOptions['env'] = {}): Promise<Fleet> {
  const cloud = await startCloud(running);
  const names = ['1', '2', '3'].map((number) => `token-of-replica-${number}`);
  const place = { cloud: 'hetzner', endpoint: `${cloud.url}/hetzner` };
  const replicas = await Promise.all(
    names.map((token) =>
      startProcess({
        cloud: cloud.url,
        redis,
        // Whoever has not heard of an answer of the same interval asks.
        cache: { unfinishedTtlSeconds: 0.1, proofTtlSeconds: 1_800 },
        regions: [
          { name: 'actions', ...place, credentials: { mode: 'token', token: '${ACTIONS_TOKEN}' } },
          { name: 'own-actions', ...place, credentials: { mode: 'passthrough' } },
        ],
        env: { ACTIONS_TOKEN: token, ...env },
      }),
    ),
  );
  return {
    cloud,
    replicas,
    askerOf: ({ token }) => replicas[names.indexOf(token ?? '')] as ReplicaProcess,
    stop: async () => {
      await Promise.all(replicas.map(endProcess));
      await cloud.close();
    },
  };
}

/** One request that waits. */
export interface Waiting {
  readonly reply: Promise<Reply>;
  /** Whether it has ended. */
  readonly isOver: () => boolean;
  readonly leave: () => void;
}

export interface WaitOptions {
  /** `actions` unless said otherwise, with the gateway's credential. */
  readonly region?: string;
  readonly token?: string;
  /** What is known already. */
  readonly etag?: string;
  /** 50 unless said otherwise. */
  readonly seconds?: number;
}

/** Waits for the task to be done, or to differ from what is known. */
export function waitFor(
  replica: Replica,
  id: string,
  { region, token, etag, seconds = 50 }: WaitOptions = {},
): Waiting {
  const leaving = new AbortController();
  const headers = {
    prefer: `wait=${seconds}`,
    ...(token === undefined ? {} : { 'x-auth-token': token }),
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
  };
  const path = `/tasks/hetzner/${id}?region=${region ?? 'actions'}`;
  let isOver = false;
  const reply = replica.ask({ path, headers, signal: leaving.signal }).finally(() => (isOver = true));
  reply.catch(() => undefined);
  return { reply, isOver: () => isOver, leave: () => leaving.abort() };
}

/** So many who wait for one task, spread over the replicas. */
export function crowd(
  replicas: readonly ReplicaProcess[],
  count: number,
  id: string,
  options?: WaitOptions,
): Waiting[] {
  return Array.from({ length: count }, (_, index) =>
    waitFor(replicas[index % replicas.length] as Replica, id, options),
  );
}

/** What came of it: status and Preference-Applied of each. */
export async function endsOf(all: readonly Waiting[]): Promise<readonly string[]> {
  const replies = await Promise.all(all.map(({ reply }) => reply));
  return [...new Set(replies.map(({ status, headers }) => `${status} ${String(headers['preference-applied'])}`))];
}

/** A stream of the task from each of them. */
export function streamsOf(replicas: readonly Replica[], id: string): Promise<StreamReader[]> {
  const path = `/tasks/hetzner/${id}/events?region=actions`;
  return Promise.all(replicas.map(({ port }) => openStream(port, { path })));
}

/** None of them has ended, or said anything else, before the end of its task. */
export async function expectOneLife(streams: readonly StreamReader[]): Promise<void> {
  for (const { ended, events, data } of streams) {
    expect(await ended).toBe(true);
    expect(events.map(({ event }) => event)).toEqual(['task', 'task', 'end']);
    expect(await data('end')).toEqual([{ kind: 'end', reason: 'done' }]);
  }
}

/** Waits for so many questions about the task from now on. @returns those and all later ones */
export async function questionsAbout(cloud: Cloud, id: string, count: number): Promise<readonly Call[]> {
  const from = about(cloud, id).length;
  await eventually(() => about(cloud, id).length >= from + count);
  return about(cloud, id).slice(from);
}

/** All of them. */
export function about({ calls }: Cloud, id: string): readonly Call[] {
  return calls.filter((call) => call.id === id);
}

/**
 * Expects no more questions than one poller would have asked in the time between the first and the last of them.
 * @param more that come on top, of what the test has done
 */
export function expectOnePoller(calls: readonly Call[], more = 0): void {
  const [first, last] = [calls[0]?.at ?? 0, calls.at(-1)?.at ?? 0];
  // A question may be late on its way to the cloud, the next one not.
  const onTheWayMs = INTERVAL_MS;
  expect(calls.length).toBeLessThanOrEqual(1 + more + (last - first + onTheWayMs) / YOUNG_MS);
}

/** Waits until all replicas do without Redis, or use it again. */
export const redisIsForAll = ({ replicas }: Pick<Fleet, 'replicas'>, state: 'up' | 'down'): Promise<void> =>
  redisIs(state, ...replicas);

function action(status: string, { id }: Pick<Call, 'id'>, progress: number, started: string | null = null): Answer {
  const times = { started, finished: status === 'running' ? null : '2026-11-21T10:01:02Z' };
  const body = { id: Number(id), command: 'create_server', status, progress, ...times, resources: [], error: null };
  return { status: 200, body: { action: body } };
}

export const running: Behaviour = (call) => action('running', call, 10);
/** It has run for so long that it is asked about every ten seconds. */
export const slow =
  (progress: number): Behaviour =>
  (call) =>
    action('running', call, progress, '2026-01-01T00:00:00Z');
export const succeeded: Behaviour = (call) => action('success', call, 100);
export const unauthorized: Answer = {
  status: 401,
  body: { error: { code: 'unauthorized', message: 'no such token' } },
};
