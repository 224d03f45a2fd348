import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import type { Provider } from '@gateway/tasks';
import { UpstreamFailure } from './errors/upstream-failure.js';
import { DONE, failureIn, PROVIDER, reply, setUp, TARGET, within } from './testing/toy-upstream.js';

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(new ConsoleLogger()));

describe('an answer', () => {
  const upstream = { status: 200, code: null, requestId: 'r-1' };
  it.each([
    ['no JSON', 'hello', 'upstream-bad-response', 'The upstream did not answer with JSON.'],
    ['unknown JSON', '{}', 'upstream-bad-response', 'The upstream answered with JSON in no known form.'],
    ['no task', '{"word":"GONE"}', 'task-not-found', 'The upstream has no task of this id.'],
  ])('%s: a failure, and not asked for again', async (_name, body, problem, message) => {
    const { client, sent } = setUp([reply(200, body, { 'x-request-id': 'r-1' })]);
    const failure = await failureIn(client.lookup(TARGET, 'x', within()));
    expect(failure).toBeInstanceOf(UpstreamFailure);
    expect(failure).toMatchObject({ slug: problem, message, retry: 'never', options: { upstream } });
    expect(sent).toHaveLength(1);
  });

  it('the task that was asked for with all members of a refusal: a task, and without a word for its state a refusal', async () => {
    const errorBody = { error: { code: 'TOY.1', message: 'no' }, error_code: 'TOY.9', error_msg: 'no' };
    const { client } = setUp([
      reply(200, { key: 't1', word: 'DONE', ...errorBody }),
      reply(200, { key: 't1', word: '', ...errorBody }),
      reply(200, { key: 't2', word: 'DONE', ...errorBody }),
    ]);
    const normalize: Provider['normalize'] = (body, id) =>
      PROVIDER.normalize({ ...(body as object), id: (body as { key: string }).key }, id);
    const target = { ...TARGET, provider: { ...PROVIDER, normalize } };
    expect((await client.lookup(target, 'x', within())).reading.task.status).toBe('succeeded');
    for (let more = 0; more < 2; more += 1)
      expect(await failureIn(client.lookup(target, 'x', within()))).toMatchObject({ slug: 'upstream-error' });
  });

  it('a request id that is not well formed: left out', async () => {
    const { client } = setUp([reply(200, '{}', { 'x-request-id': '<script>' })]);
    expect(await failureIn(client.lookup(TARGET, 'x', within()))).toMatchObject({
      options: { upstream: { status: 200, requestId: null } },
    });
  });

  it('an echo of the token: redacted', async () => {
    const token = 'token/of=the+caller';
    const { client } = setUp([reply(500, { error_code: 'TOY.9', error_msg: `what is ${token}` }), DONE]);
    const echoing = setUp([
      reply(400, { error_code: 'TOY.9', error_msg: `what is ${token}` }, { 'x-request-id': token }),
    ]);
    await client.lookup(TARGET, token, within());
    expect(await failureIn(echoing.client.lookup(TARGET, token, within()))).toMatchObject({
      message: 'what is [redacted]',
      options: { upstream: { status: 400, code: 'TOY.9', requestId: null } },
    });
  });

  it('an unknown status word or error code: counted', async () => {
    const { client } = setUp([
      reply(200, { id: 't1', word: 'HALF' }),
      reply(400, { error_code: 'TOY.9', error_msg: 'x' }),
    ]);
    const { reading } = await client.lookup(TARGET, 'x', within());
    expect(reading.task).toMatchObject({ status: 'unknown', done: false });
    await failureIn(client.lookup(TARGET, 'x', within()));
    expect(client.unmappedWords.of('toy', 'status word')).toEqual({ HALF: 1 });
    expect(client.unmappedWords.of('toy', 'error code')).toEqual({ 'TOY.9': 1 });
  });

  it('an error body in a 200: a failure', async () => {
    const { client } = setUp([reply(200, { error_code: 'TOY.2', error_msg: 'x' })]);
    expect(await failureIn(client.lookup(TARGET, 'x', within()))).toMatchObject({
      slug: 'upstream-credentials-rejected',
    });
  });
});

describe('large answers that arrive together', () => {
  /** In which turns of the event loop they were read. @param leave whether who asked leaves before that */
  async function turnsOf(bytes: number, leave = false): Promise<readonly number[]> {
    let turn = 0;
    const turns: number[] = [];
    const next = (): void => {
      turn += 1;
      timer = setImmediate(next);
    };
    let timer = setImmediate(next);
    const normalize: Provider['normalize'] = (...given) => {
      turns.push(turn);
      return PROVIDER.normalize(...given);
    };
    const answer = reply(200, { id: 't1', word: 'DONE', text: 'x'.repeat(bytes) });
    const { client } = setUp([1, 2, 3].map(() => answer));
    const caller = new AbortController();
    const lookups = [1, 2, 3].map(() =>
      client.lookup({ ...TARGET, provider: { ...PROVIDER, normalize } }, 'token', within(caller.signal)),
    );
    if (leave) {
      // The answers have arrived by then.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      caller.abort(new Error('gone'));
    }
    await Promise.allSettled(lookups);
    for (let more = 0; more < 20; more += 1) await new Promise<void>((resolve) => setImmediate(resolve));
    clearImmediate(timer);
    return turns;
  }

  it('read in turns, with others served in between', async () => {
    expect(new Set(await turnsOf(100_000)).size).toBe(3);
    expect(new Set(await turnsOf(100)).size).toBe(1);
  });

  it('not read for callers who have left', async () => {
    expect(await turnsOf(100_000, true)).toEqual([]);
  });
});
