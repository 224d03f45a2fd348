import { afterEach, describe, expect, it } from '@jest/globals';
import { LongPoll } from '../../apps/gateway/src/watch/long-poll.js';
import { TaskStreams } from '../../apps/gateway/src/watch/task-streams.js';
import { newApiKey } from '../support/api-keys.js';
import { eventually } from '../support/eventually.js';
import { pathOf, referenceOf, startFollowedCloud } from './support/followed-cloud.js';
import type { FollowedCloud } from './support/followed-cloud.js';
import { hangingUp, shown } from './support/waiting-cloud.js';

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

  it('caller who makes up a cloud token for each: is the same caller', async () => {
    const { key, entry } = newApiKey('one');
    followed = await startFollowedCloud({
      access: { mode: 'apiKey', apiKeys: [entry] },
      streams: { perCaller: 1 },
      waits: { perCaller: 1 },
    });
    const headersOf = (token: string) => ({ 'x-api-key': key, 'x-auth-token': token });
    expect((await followed.open(EVENTS, headersOf('made-up-1'))).status).toBe(200);
    expect((await followed.open(EVENTS, headersOf('made-up-2'))).status).toBe(429);
    const wait = (token: string) => {
      const headers = { prefer: 'wait=50', ...headersOf(token) };
      return hangingUp(followed.gateway.ask, { path: pathOf('task-1'), headers });
    };
    const waiting = wait('made-up-3');
    await eventually(() => followed.gateway.app.get(LongPoll).size === 1);
    expect(await Promise.race([wait('made-up-4').reply.then(shown), waiting.reply.then(shown)])).toEqual([
      200,
      'running',
      'cache',
    ]);
    waiting.hangUp();
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
