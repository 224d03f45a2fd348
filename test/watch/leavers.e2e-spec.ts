import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { LongPoll } from '../../apps/gateway/src/watch/long-poll.js';
import { OpenStreams } from '../../apps/gateway/src/watch/open-streams.js';
import { TaskStreams } from '../../apps/gateway/src/watch/task-streams.js';
import { TaskWatches } from '../../apps/gateway/src/watch/task-watches.js';
import { refused, startCloud, throttled } from '../sharing/support/cloud.js';
import type { Answer, Call, Cloud } from '../sharing/support/cloud.js';
import { startLocal } from '../sharing/support/replicas.js';
import type { LocalReplica } from '../sharing/support/replicas.js';
import { eventually } from '../support/eventually.js';
import { quickPathOf, referenceOf } from './support/followed-cloud.js';

const CALLERS = 1_000;
/** At a time. */
const PART = 200;
const PLACES = 8;

let cloud: Cloud;
let gateway: LocalReplica;
afterEach(async () => {
  await gateway.close();
  await cloud.close();
});

const ways = ['wait', 'one', 'many'] as const;
const caller = fc.record({
  way: fc.constantFrom(...ways),
  region: fc.constantFrom('own', 'shared', 'silent'),
  token: fc.integer({ min: 0, max: 5 }),
  task: fc.integer({ min: 0, max: 9 }),
  /** Share of its request that is sent before it waits, and leaves. */
  sent: fc.constantFrom(0.5, 1, 1, 1),
  /** Milliseconds until it leaves. */
  stays: fc.constantFrom(0, 1, 5, 50, 500, 2_100),
  /** Ends its own side first, or cuts the connection. */
  isPolite: fc.boolean(),
});
type Caller = typeof caller extends fc.Arbitrary<infer One> ? One : never;

function requestOf({ way, region, token, task }: Caller): string {
  const id = `task-${task}`;
  const body = JSON.stringify({
    tasks: [1, 2].map(() => ({ ...referenceOf(id, region), provider: 'apig', instanceId: 'instance-1' })),
  });
  const [method, path] =
    way === 'many' ? ['POST', '/tasks/events'] : ['GET', quickPathOf(id, way === 'one' ? '/events' : '', region)];
  const head = [`${method} ${path} HTTP/1.1`, 'host: 127.0.0.1', `x-auth-token: token-${token}`];
  if (way === 'wait') head.push('prefer: wait=50');
  if (way === 'many') head.push('content-type: application/json', `content-length: ${body.length}`);
  return `${head.join('\r\n')}\r\n\r\n${way === 'many' ? body : ''}`;
}

/** Resolves when its connection is over. */
function comeAndGo(who: Caller): Promise<void> {
  return new Promise((gone) => {
    const request = requestOf(who);
    const socket: Socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: who.isPolite }, () => {
      socket.write(request.slice(0, request.length * who.sent));
      setTimeout(() => {
        if (who.isPolite) socket.end();
        setTimeout(() => socket.destroy(), who.isPolite ? 20 : 0);
      }, who.stays);
    });
    socket
      .on('error', () => undefined)
      .on('data', () => undefined)
      .on('close', () => gone());
  });
}

interface Bulkhead {
  readonly free: number;
  readonly waiting: readonly unknown[];
}

/** Of those who ask for watchers: places that are taken, and questions that wait for one. */
function pollsUnderWay(): number {
  const paces = Reflect.get(gateway.app.get(TaskWatches), 'paces') as ReadonlyMap<
    string,
    { readonly places: { readonly byName: ReadonlyMap<string, Bulkhead> } }
  >;
  const all = [...paces.values()].flatMap(({ places }) => [...places.byName.values()]);
  return all.reduce((sum, { free, waiting }) => sum + PLACES / 2 - free + waiting.length, 0);
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

it('1,000 callers who come and leave in every phase: nothing is left of them', async () => {
  let count = 0;
  const answer = async ({ id, token }: Call): Promise<Answer> => {
    count += 1;
    // Slow enough that many leave meanwhile; refused, throttled or changed now and then.
    await new Promise((resolve) => setTimeout(resolve, [0, 30, 300][count % 3]));
    if (token === 'token-0' && count % 7 === 0) return refused;
    if (token === 'token-1') return count % 2 === 0 ? throttled : { status: 503, body: {} };
    return {
      status: 200,
      body: { task_id: id, task_status: 'processing', task_type: `type-${count}`, task_result: '{}' },
    };
  };
  cloud = await startCloud(answer);
  const limits = { perCaller: 60, max: 120 };
  const cache = { proofTtlSeconds: 1, negativeTtlSeconds: 0, staleSeconds: 0, unfinishedTtlSeconds: 0.1 };
  gateway = await startLocal({
    cloud: cloud.url,
    cache,
    waits: limits,
    streams: limits,
    upstream: { concurrency: PLACES },
  });
  const before = timers();
  const callers = fc.sample(caller, { numRuns: CALLERS });
  for (let from = 0; from < CALLERS; from += PART) await Promise.all(callers.slice(from, from + PART).map(comeAndGo));
  const kept = [TaskWatches, LongPoll, TaskStreams].map((one) =>
    gateway.app.get<{ readonly size: number }>(one as never),
  );
  await eventually(() => kept.every(({ size }) => size === 0) && gateway.app.get(OpenStreams).isIdle);
  await eventually(() => pollsUnderWay() === 0 && timers() <= before);
  // Whoever comes now finds all places free.
  expect(
    (await gateway.ask({ path: quickPathOf('task-11', ''), headers: { 'cache-control': 'no-cache' } })).status,
  ).toBe(200);
  expect(gateway.logs.filter((line) => line.includes('"level":50'))).toEqual([]);
}, 60_000);
