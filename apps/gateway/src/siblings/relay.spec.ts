import { describe, expect, it, jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { Channel } from './messages.js';
import { Relay } from './relay.js';
import { Siblings } from './siblings.js';

/** Two ends, without a process at either; messages are copied, as between processes. */
function channel(): { readonly there: Channel; readonly here: Channel } {
  const [here, there] = [new EventEmitter(), new EventEmitter()];
  const end = (own: EventEmitter, other: EventEmitter): Channel => ({
    send: (message) => other.emit('message', structuredClone(message)),
    on: (event, listener) => own.on(event, listener),
  });
  return { here: end(here, there), there: end(there, here) };
}

interface TestWorker {
  readonly siblings: Siblings;
  readonly channel: Channel;
}

function join(relay: Relay): TestWorker {
  const { here, there } = channel();
  relay.add(there);
  return { siblings: Siblings.behind(here, 'key'), channel: there };
}

describe('a question to siblings', () => {
  it('all others answer; the one who asks is not asked', async () => {
    const relay = new Relay();
    const workers = ['a', 'b', 'c'].map((name) => {
      const worker = join(relay);
      worker.siblings.onQuestion('name', (body) => `${name} ${String(body)}`);
      return worker;
    });
    await expect(workers[1]?.siblings.ask('name', 1)).resolves.toEqual({ answers: ['a 1', 'c 1'], missing: 0 });
    await expect(workers[1]?.siblings.ask('another topic')).resolves.toEqual({ answers: [null, null], missing: 0 });
  });

  it('several at once: each gets its own answers', async () => {
    const relay = new Relay();
    const [one, other] = [join(relay), join(relay)];
    for (const { siblings } of [one, other]) siblings.onQuestion('echo', async (body) => Promise.resolve(body));
    const asked = [one.siblings.ask('echo', 1), other.siblings.ask('echo', 2), one.siblings.ask('echo', 3)];
    expect((await Promise.all(asked)).map(({ answers }) => answers)).toEqual([[1], [2], [3]]);
  });

  it('nobody else, or a process that is alone: no answers, and none is missing', async () => {
    await expect(join(new Relay()).siblings.ask('name')).resolves.toEqual({ answers: [], missing: 0 });
    await expect(Siblings.none().ask('name')).resolves.toEqual({ answers: [], missing: 0 });
  });

  it('one is silent: missing after a while, and what it says later is dropped', async () => {
    jest.useFakeTimers();
    try {
      const relay = new Relay(1_000);
      const [asking, silent, quick] = [join(relay), join(relay), join(relay)];
      let answer = (_text: string): void => undefined;
      silent.siblings.onQuestion('name', () => new Promise((resolve) => (answer = resolve)));
      quick.siblings.onQuestion('name', () => 'quick');
      const answers = asking.siblings.ask('name');
      await jest.advanceTimersByTimeAsync(1_000);
      await expect(answers).resolves.toEqual({ answers: ['quick'], missing: 1 });
      answer('late');
      await jest.advanceTimersByTimeAsync(0);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  it('one dies: what it knew is gone, and nobody waits for it', async () => {
    const relay = new Relay();
    const [asking, dying] = [join(relay), join(relay)];
    dying.siblings.onQuestion('name', () => new Promise(() => undefined));
    const answers = asking.siblings.ask('name');
    relay.remove(dying.channel);
    await expect(answers).resolves.toEqual({ answers: [], missing: 0 });
  });

  it('one that has only just been started hears nothing yet, and is not asked', async () => {
    const relay = new Relay();
    const asking = join(relay);
    relay.add(channel().there);
    await expect(asking.siblings.ask('name')).resolves.toEqual({ answers: [], missing: 0 });
  });
});
