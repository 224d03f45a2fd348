import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pathOf, startFollowedCloud } from './support/followed-cloud.js';
import type { FollowedCloud } from './support/followed-cloud.js';

let followed: FollowedCloud;
beforeEach(async () => {
  followed = await startFollowedCloud();
});
afterEach(() => followed.close());

const EVENTS = pathOf('task-1', '/events');

describe('Cache-Control of who opens a stream', () => {
  it('no-cache: the cloud is asked at the start, whatever is stored', async () => {
    await followed.gateway.ask({ path: pathOf('task-1') });
    followed.say('task-1', 'SUCCESS');
    const reader = await followed.open(EVENTS, { 'cache-control': 'no-cache' });
    expect(await reader.data('task')).toMatchObject([{ task: { status: 'succeeded' } }]);
  });

  it('no-cache, as each EventSource sends it, of a task that is followed: the cloud is not asked once more', async () => {
    followed.say('task-1', 'RUNNING');
    const first = await followed.open(EVENTS);
    await first.data('task');
    const before = followed.cloud.calls.length;
    for (let count = 0; count < 5; count += 1) {
      const reader = await followed.open(EVENTS, { 'cache-control': 'no-cache', pragma: 'no-cache' });
      expect(await reader.data('task')).toMatchObject([{ task: { status: 'running' } }]);
    }
    // Polls are none of theirs.
    expect(followed.cloud.calls.length).toBeLessThan(before + 5);
  });

  it('no-store, of a task that is followed: the cloud is asked, as is said of it', async () => {
    const first = await followed.open(EVENTS);
    await first.data('task');
    followed.say('task-1', 'SUCCESS');
    const reader = await followed.open(EVENTS, { 'cache-control': 'no-store' });
    expect(await reader.data('task')).toMatchObject([{ task: { status: 'succeeded', source: 'live' } }]);
  });
});
