import { afterEach, describe, expect, it } from '@jest/globals';
import { TaskStreams } from '../../apps/gateway/src/watch/task-streams.js';
import { eventually } from '../support/eventually.js';
import { pathOf, referenceOf, startFollowedCloud } from './support/followed-cloud.js';
import type { FollowedCloud } from './support/followed-cloud.js';

let followed: FollowedCloud;
afterEach(() => followed.close());

const EVENTS = pathOf('task-1', '/events');

describe('limits of streams', () => {
  it('caller who has as many open as allowed: 429 that says when to come again; others are served', async () => {
    followed = await startFollowedCloud({ streams: { perCaller: 2 } });
    const [first] = [
      await followed.open(EVENTS),
      await followed.open('/tasks/events', {}, { tasks: [referenceOf('a')] }),
    ];
    for (const body of [undefined, { tasks: [referenceOf('task-1')] }]) {
      const refused = await followed.open(body === undefined ? EVENTS : '/tasks/events', {}, body);
      await refused.ended;
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, '5']);
      expect(JSON.parse(refused.text())).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 5 });
    }
    expect((await followed.open(EVENTS, { 'x-auth-token': 'somebody-else' })).status).toBe(200);
    first?.close();
    await eventually(() => followed.gateway.app.get(TaskStreams).size === 2);
    expect((await followed.open(EVENTS)).status).toBe(200);
  });

  it('process that has as many open as allowed: 503 for everybody', async () => {
    followed = await startFollowedCloud({ streams: { max: 1 } });
    await followed.open(EVENTS);
    const refused = await followed.open(EVENTS, { 'x-auth-token': 'somebody-else' });
    await refused.ended;
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    expect(JSON.parse(refused.text())).toMatchObject({ code: 'GATEWAY_BUSY' });
  });
});
