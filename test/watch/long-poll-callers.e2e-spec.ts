import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { AccessGuard } from '../../apps/gateway/src/access/guard.js';
import { Drain } from '../../apps/gateway/src/http/gateway-server.js';
import { behind, closedGate, running } from '../sharing/support/cloud.js';
import { eventually } from '../support/eventually.js';
import { readReply, send } from '../support/http-client.js';
import { connectAndWrite } from '../support/sockets.js';
import { pathOf, quickPathOf } from './support/followed-cloud.js';
import { hangingUp, shown, startWaitingCloud } from './support/waiting-cloud.js';
import type { WaitingCloud } from './support/waiting-cloud.js';

const TASK = pathOf('task-1');
const ORIGIN = 'https://console.example.com';

let clouds: WaitingCloud;
beforeEach(async () => {
  const waits = { perCaller: 2, max: 3 };
  clouds = await startWaitingCloud({ waits, server: { corsOrigins: [ORIGIN] } });
});
afterEach(() => clouds.close());

const headOf = (path: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: gateway\r\nPrefer: wait=50\r\n${more}\r\n`;
const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
const nothingIsLeft = (): Promise<void> => eventually(() => clouds.waits() === 0 && clouds.watched() === 0);

describe('too many waits', () => {
  it('of one caller: answered at once, nothing is applied, and others may wait', async () => {
    const waits = [await clouds.wait(TASK), await clouds.wait(TASK)];
    expect(shown(await clouds.get(TASK, { prefer: 'wait=50' }))).toEqual([200, 'running', 'cache']);
    await clouds.wait(TASK, { 'x-auth-token': 'another' });
    waits[0]?.hangUp();
    await eventually(() => clouds.waits() === 2);
    await clouds.wait(TASK);
  });

  it('of all: answered at once, and nothing is applied', async () => {
    for (const token of ['a', 'b', 'c']) await clouds.wait(TASK, { 'x-auth-token': token });
    expect(shown(await clouds.get(TASK, { prefer: 'wait=50', 'x-auth-token': 'd' }))).toEqual([
      200,
      'running',
      'cache',
    ]);
    await clouds.change('task-1', 'SUCCESS');
    await nothingIsLeft();
  });
});

describe('a caller that hangs up', () => {
  it('nothing is left of its wait: no place, no watched task, no timer', async () => {
    await clouds.get(TASK);
    const before = timers();
    for (let round = 0; round < 3; round += 1) {
      const waits = [await clouds.wait(TASK), await clouds.wait(pathOf('task-2'))];
      expect(clouds.watched()).toBe(2);
      for (const { hangUp } of waits) hangUp();
      await nothingIsLeft();
    }
    await eventually(() => timers() <= before);
  });

  it('before a first lookup that asks nobody: no place is taken', async () => {
    await clouds.get(TASK);
    const gate = closedGate();
    const guard = clouds.gateway.app.get(AccessGuard, { strict: false });
    const authenticate = guard.authenticate.bind(guard);
    let socket: Socket | undefined;
    jest.spyOn(guard, 'authenticate').mockImplementationOnce(async (request, ...more) => {
      ({ socket } = request.raw);
      await gate.opened;
      return authenticate(request, ...more);
    });
    const { hangUp } = hangingUp(clouds.gateway.ask, { path: TASK, headers: { prefer: 'wait=50' } });
    await eventually(() => socket !== undefined);
    hangUp();
    await eventually(() => socket?.destroyed === true);
    gate.open();
    await clouds.settled();
    expect([clouds.waits(), clouds.watched()]).toEqual([0, 0]);
  });

  it('during the first lookup: that is called off, and no place is taken', async () => {
    const gate = closedGate();
    clouds.cloud.behave(behind(gate, running));
    const first = hangingUp(clouds.gateway.ask, { path: TASK, headers: { prefer: 'wait=50' } });
    await eventually(() => clouds.cloud.calls.length === 1);
    first.hangUp();
    await eventually(() => clouds.cloud.calls[0]?.left() === true);
    gate.open();
    await clouds.settled();
    expect([clouds.waits(), clouds.watched()]).toEqual([0, 0]);
  });

  it('during a question of its turn: that is called off, unless others wait', async () => {
    const path = quickPathOf('task-2', '');
    const waits = [await clouds.wait(path), await clouds.wait(path)];
    const gate = closedGate();
    clouds.cloud.behave(behind(gate, running));
    await eventually(() => clouds.cloud.calls.length === 1);
    waits[0]?.hangUp();
    await eventually(() => clouds.waits() === 1);
    await clouds.settled();
    expect(clouds.cloud.calls[0]?.left()).toBe(false);
    waits[1]?.hangUp();
    await eventually(() => clouds.cloud.calls[0]?.left() === true);
    await nothingIsLeft();
    gate.open();
  });
});

describe('one connection', () => {
  it('requests behind each other: each waits, and is answered in its turn', async () => {
    const socket = await connectAndWrite(clouds.gateway.port, headOf(TASK) + headOf(pathOf('task-2')));
    await eventually(() => clouds.waits() === 2);
    let text = '';
    socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
    await clouds.change('task-2', 'FAIL');
    await clouds.settled();
    expect(text).toBe('');
    await clouds.change('task-1', 'SUCCESS');
    await eventually(() => text.includes('"failed"'));
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(text.indexOf('"succeeded"')).toBeLessThan(text.indexOf('"failed"'));
    expect(clouds.waits()).toBe(0);
    socket.destroy();
  });

  it('closed by its caller: nothing is left of those behind, either', async () => {
    const socket = await connectAndWrite(clouds.gateway.port, headOf(TASK) + headOf(pathOf('task-2')));
    await eventually(() => clouds.waits() === 2);
    socket.destroy();
    await nothingIsLeft();
    await clouds.wait(TASK);
  });

  it('ends with the first answer: nothing is left of those behind', async () => {
    const socket = await connectAndWrite(clouds.gateway.port, headOf(TASK) + headOf(pathOf('task-2')));
    await eventually(() => clouds.waits() === 2);
    clouds.gateway.app.get(Drain).begin();
    await clouds.change('task-1', 'SUCCESS');
    await once(socket.resume(), 'end');
    socket.end();
    await nothingIsLeft();
  });

  it('after a wait: serves the next request', async () => {
    const socket = await connectAndWrite(clouds.gateway.port, headOf(TASK));
    await eventually(() => clouds.waits() === 1);
    let text = '';
    socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
    await clouds.change('task-1', 'SUCCESS');
    await eventually(() => text.endsWith('}'));
    expect(readReply(text).headers).toMatchObject({ 'preference-applied': 'wait=50' });
    expect(readReply(text).headers.connection).not.toBe('close');
    text = '';
    socket.write(headOf(TASK));
    await eventually(() => text.endsWith('}'));
    expect(readReply(text)).toMatchObject({ status: 200, body: { status: 'succeeded', source: 'cache' } });
    socket.destroy();
  });
});

describe('a page of another origin', () => {
  it('may ask to wait, and see what was applied', async () => {
    const preflight = await send(clouds.gateway.port, {
      method: 'OPTIONS',
      path: TASK,
      headers: { origin: ORIGIN, 'access-control-request-method': 'GET', 'access-control-request-headers': 'prefer' },
    });
    expect([preflight.status, preflight.headers['access-control-allow-headers']]).toEqual([204, 'prefer']);
    const { reply } = await clouds.wait(TASK, { origin: ORIGIN });
    await clouds.change('task-1', 'SUCCESS');
    const { headers } = await reply;
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'preference-applied': 'wait=50',
      vary: 'Origin, X-Auth-Token, Prefer',
      'access-control-expose-headers': expect.stringContaining('Preference-Applied') as unknown,
    });
  });
});
