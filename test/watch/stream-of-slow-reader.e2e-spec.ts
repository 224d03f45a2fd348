import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Task } from '@gateway/tasks';
import { TaskStreams } from '../../apps/gateway/src/watch/task-streams.js';
import { eventually } from '../support/eventually.js';
import { openStream } from '../support/stream-reader.js';
import { pathOf, referenceOf, startFollowedCloud } from './support/followed-cloud.js';
import type { FollowedCloud } from './support/followed-cloud.js';

const MEBIBYTE = 1_048_576;
/** Tasks of a mebibyte: more than the network takes ahead of a reader. */
const IDS = Array.from({ length: 10 }, (_, index) => `task-${index}`);

let followed: FollowedCloud;
beforeEach(async () => {
  followed = await startFollowedCloud();
});
afterEach(() => followed.close());

/** What the cloud says of a task from now on: its type tells the version. */
function say(id: string, version: string, status = 'RUNNING'): void {
  const entities = { image_name: 'x'.repeat(MEBIBYTE) };
  followed.say(id, { status: 200, body: { job_id: id, status, job_type: version, entities } });
}

const tell = (id: string) =>
  followed.gateway.ask({ path: `${pathOf(id)}&view=basic`, headers: { 'cache-control': 'no-cache' } });

interface Item {
  readonly ref: { readonly id: string };
  readonly task: Task;
}

it('reader of a stream who takes nothing for a while: gets the newest of each task, not all that was between', async () => {
  const { port, app } = followed.gateway;
  for (const id of IDS) say(id, 'first', 'SUCCESS');
  say('task-0', 'first');
  const accepted = once(app.getHttpServer(), 'connection') as Promise<[Socket]>;
  const reader = await openStream(
    port,
    {
      method: 'POST',
      path: '/tasks/events',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tasks: IDS.map((id) => referenceOf(id)), view: 'full' }),
    },
    false,
  );
  const [there] = await accepted;
  await eventually(() => there.writableLength > 0 && followed.cloud.calls.length === IDS.length);
  for (const version of ['second', 'third', 'fourth']) {
    say('task-0', version);
    await tell('task-0');
  }
  expect(there.writableLength).toBeLessThan(2 * MEBIBYTE);
  reader.message.resume();
  say('task-0', 'last', 'SUCCESS');
  await reader.data('task', IDS.length);
  await tell('task-0');
  expect(await reader.ended).toBe(true);
  const items = (await reader.data('task')) as readonly Item[];
  const versions = items.filter(({ ref }) => ref.id === 'task-0').map(({ task }) => task.type);
  expect(versions.filter((version) => version === 'second' || version === 'third')).toEqual([]);
  expect(versions.at(-1)).toBe('last');
  expect(new Set(items.map(({ ref }) => ref.id)).size).toBe(IDS.length);
  expect(await reader.data('end')).toEqual([{ kind: 'end', reason: 'done' }]);
  await eventually(() => app.get(TaskStreams).size === 0);
});
