import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Drain } from '../../apps/gateway/src/http/gateway-server.js';
import { LongPoll } from '../../apps/gateway/src/watch/long-poll.js';
import { behind, closedGate, running } from '../sharing/support/cloud.js';
import { eventually } from '../support/eventually.js';
import { connectAndWrite } from '../support/sockets.js';
import { pathOf } from './support/followed-cloud.js';
import { hangingUp, shown, startWaitingCloud } from './support/waiting-cloud.js';
import type { WaitingCloud } from './support/waiting-cloud.js';

const TASK = pathOf('task-1');
const WAIT = { path: TASK, headers: { prefer: 'wait=50' } };

let clouds: WaitingCloud;
beforeEach(async () => {
  clouds = await startWaitingCloud();
});
afterEach(() => clouds.close());

describe('shutdown', () => {
  it('those who wait: answered at once with the latest state, on connections that end', async () => {
    const known = String((await clouds.get(TASK)).headers.etag);
    const waits = [await clouds.wait(TASK), await clouds.wait(TASK, { 'if-none-match': known })];
    const { length } = clouds.cloud.calls;
    const closed = clouds.gateway.close();
    const [one, other] = await Promise.all(waits.map(({ reply }) => reply));
    expect([one, other].map((reply) => shown(reply!))).toEqual([
      [200, 'running', 'cache', 'wait=50'],
      [304, 'wait=50'],
    ]);
    expect([one?.headers.connection, other?.headers.connection]).toEqual(['close', 'close']);
    await closed;
    expect(clouds.cloud.calls).toHaveLength(length);
  });

  it('first lookup under way: answered when that has ended, and not waited for', async () => {
    const gate = closedGate();
    clouds.cloud.behave(behind(gate, running));
    const { reply } = hangingUp(clouds.gateway.ask, WAIT);
    await eventually(() => clouds.cloud.calls.length === 1);
    const closed = clouds.gateway.close();
    gate.open();
    expect(shown(await reply)).toEqual([200, 'running', 'live']);
    expect((await reply).headers.connection).toBe('close');
    await closed;
  });

  it('a drain: who waits goes on, who comes is answered at once and does not come again at once', async () => {
    const { reply } = await clouds.wait(TASK);
    clouds.gateway.app.get(Drain).begin();
    const late = await clouds.get(TASK, { prefer: 'wait=50' });
    expect(shown(late)).toEqual([200, 'running', 'cache']);
    expect(late.headers.connection).toBe('close');
    expect(clouds.waits()).toBe(1);
    await clouds.change('task-1', 'SUCCESS');
    expect(shown(await reply)).toEqual([200, 'succeeded', 'cache', 'wait=50']);
    expect((await reply).headers.connection).toBe('close');
  });

  it('who comes after the waits have ended, and before the server closes: is not waited for', async () => {
    const { reply } = await clouds.wait(TASK);
    await clouds.gateway.app.get(LongPoll).beforeApplicationShutdown();
    expect((await reply).headers.connection).toBe('close');
    expect(shown(await clouds.get(TASK, { prefer: 'wait=50' }))).toEqual([200, 'running', 'cache']);
  });

  it('requests behind each other on one connection: it closes all the same', async () => {
    const one = `GET ${TASK} HTTP/1.1\r\nHost: gateway\r\nPrefer: wait=50\r\n\r\n`;
    const socket = await connectAndWrite(clouds.gateway.port, one + one);
    await eventually(() => clouds.waits() === 2);
    socket.resume().once('end', () => socket.end());
    await clouds.gateway.close();
    await eventually(() => clouds.waits() === 0 && clouds.watched() === 0);
  });

  it('100 who wait: each gets its answer', async () => {
    const waits = Array.from({ length: 100 }, () => hangingUp(clouds.gateway.ask, WAIT));
    await eventually(() => clouds.waits() === 100);
    await clouds.gateway.close();
    const replies = await Promise.all(waits.map(({ reply }) => reply));
    expect(new Set(replies.map((reply) => shown(reply).join(' ')))).toEqual(new Set(['200 running cache wait=50']));
  });
});
