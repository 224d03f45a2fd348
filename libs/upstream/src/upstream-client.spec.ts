import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import type { Deadline } from '@gateway/async';
import type { Provider } from '@gateway/tasks';
import { TaskAddress, completeTask } from '@gateway/tasks';
import type { HttpTransport, SendOptions } from './transport/http-transport.js';
import type { TransportReply, TransportRequest } from './transport/exchange.js';
import { UpstreamClient } from './upstream-client.js';
import type { LookupTarget } from './upstream-client.js';
import type { CredentialsSettings } from './upstream-settings.js';
import { UpstreamFailure } from './errors/upstream-failure.js';
import { UpstreamSettings } from './upstream-settings.js';

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(new ConsoleLogger()));

const PROVIDER: Provider = {
  id: 'toy',
  title: 'Toy',
  service: 'toy-host',
  path: '/v1/{projectId}/toys/{id}',
  scope: ['projectId'],
  idPattern: /^\w+$/,
  example: { id: 'x' },
  statuses: { DONE: 'succeeded' },
  taskTypes: {},
  errors: [
    {
      code: 'TOY.1',
      http: [401],
      problem: 'upstream-credentials-rejected',
      retry: 'new-token',
      cause: 'Old.',
    },
    {
      code: 'TOY.2',
      http: [401],
      problem: 'upstream-credentials-rejected',
      retry: 'never',
      cause: 'Bad.',
    },
  ],
  limits: { bodyBytes: 1_000 },
  retentionSeconds: null,
  visibilitySeconds: 0,
  poll: { minSeconds: 1, maxSeconds: 2 },
  documentation: 'https://example.com/',
  normalize: (body) => {
    const { id = '', word } = (body ?? {}) as { readonly id?: string; readonly word?: string };
    if (word === undefined) return { kind: 'unrecognized' };
    if (word === 'GONE') return { kind: 'not-found' };
    const status = word === 'DONE' ? 'succeeded' : 'unknown';
    return { kind: 'task', task: completeTask({ id, status, upstreamStatus: word }), artifact: null };
  },
};
const AT = { provider: 'svc', region: 'r1', projectId: 'p1', instanceId: null, id: 't1' };
const TARGET: LookupTarget = { provider: PROVIDER, address: new TaskAddress(AT) };
const PASSWORD: CredentialsSettings = { mode: 'password', domain: 'd', user: 'u', password: 'Passw0rd!' };

const reply = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): TransportReply => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});
const DONE = reply(200, { id: 't1', word: 'DONE' });

type Sent = TransportRequest & { readonly options: SendOptions };

/** A client whose transport answers tasks from a list, and logins with `token-1`, `token-2` and so on. */
function setUp(answers: (TransportReply | Error)[], credentials: CredentialsSettings = { mode: 'passthrough' }) {
  const sent: Sent[] = [];
  const logins: TransportRequest[] = [];
  const send = async (request: TransportRequest, options: SendOptions): Promise<TransportReply> => {
    if (request.method === 'POST') {
      logins.push(request);
      return reply(201, { token: {} }, { 'x-subject-token': `token-${logins.length}` });
    }
    sent.push({ ...request, options });
    const answer = answers.shift() ?? DONE;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const region = { name: 'r1', iam: 'https://iam.example.com', endpoint: 'https://{service}.example.com', credentials };
  const settings = Object.assign(new UpstreamSettings(), { backoffBaseMs: 0, backoffCapMs: 0 });
  const client = new UpstreamClient(
    {
      regions: [region],
      providers: [
        { id: 'other', endpoints: [{ region: 'r1', url: 'https://elsewhere.example.com' }], maxBodyBytes: 7 },
      ],
      upstream: settings,
    },
    { send, close: async () => undefined } as unknown as HttpTransport,
  );
  return { client, sent, logins };
}
const within = (signal = new AbortController().signal): Deadline => ({ signal, endsAt: Infinity });
const failureIn = (lookup: Promise<unknown>): Promise<unknown> => lookup.catch((error: unknown) => error);

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

describe('a lookup', () => {
  it('a request: holds what is needed and nothing else', async () => {
    const { client, sent } = setUp([]);
    const { reading } = await client.lookup(TARGET, 'token-of-the-caller', within());
    expect(reading.task).toMatchObject({ id: 't1', status: 'succeeded' });
    const [{ method, url, headers, body, options } = {} as Sent] = sent;
    expect({ method, url: url.href, headers, body }).toEqual({
      method: 'GET',
      url: 'https://toy-host.example.com/v1/p1/toys/t1',
      headers: {
        accept: 'application/json',
        'accept-encoding': 'gzip',
        'user-agent': 'task-gateway',
        'x-auth-token': 'token-of-the-caller',
      },
      body: undefined,
    });
    expect({ bodyBytes: options.bodyBytes, attemptMs: options.attemptMs }).toEqual({
      bodyBytes: 1_000,
      attemptMs: 4_000,
    });
  });

  it('a provider with an own address and body limit: asked there, and read up to it', async () => {
    const { client, sent } = setUp([]);
    await client.lookup({ ...TARGET, provider: { ...PROVIDER, id: 'other' } }, 'token-of-the-caller', within());
    expect(sent[0]?.url.href).toBe('https://elsewhere.example.com/v1/p1/toys/t1');
    expect(sent[0]?.options.bodyBytes).toBe(7);
  });

  it('headers that the provider declares: sent besides the usual ones, or instead of them', async () => {
    const { client, sent } = setUp([]);
    const headers = { accept: 'application/vnd.toy+json', 'x-toy-version': '7' };
    await client.lookup({ ...TARGET, provider: { ...PROVIDER, headers } }, 'token-of-the-caller', within());
    expect(sent[0]?.headers).toEqual({
      'accept-encoding': 'gzip',
      'user-agent': 'task-gateway',
      'x-auth-token': 'token-of-the-caller',
      ...headers,
    });
  });

  it('no token, an unknown region, or an id that makes no address: fails, and nothing is sent', async () => {
    const { client, sent } = setUp([]);
    expect(await failureIn(client.lookup(TARGET, null, within()))).toMatchObject({
      slug: 'upstream-credentials-rejected',
    });
    await expect(
      client.lookup({ ...TARGET, address: new TaskAddress({ ...AT, region: 'r2' }) }, 'x', within()),
    ).rejects.toThrow('region r2 is not configured');
    expect(
      await failureIn(client.lookup({ ...TARGET, address: new TaskAddress({ ...AT, id: '..' }) }, 'x', within())),
    ).toMatchObject({
      slug: 'validation-failed',
    });
    expect(sent).toHaveLength(0);
  });

  it('a caller who has left: gets its own reason, and nothing is sent', async () => {
    const { client, sent } = setUp([]);
    const reason = new Error('gone');
    expect(await failureIn(client.lookup(TARGET, 'x', within(AbortSignal.abort(reason))))).toBe(reason);
    expect(sent).toHaveLength(0);
  });

  it('an error that is a bug: passed on as it is', async () => {
    const bug = new TypeError('a bug');
    const { client, sent } = setUp([bug]);
    expect(await failureIn(client.lookup(TARGET, 'x', within()))).toBe(bug);
    expect(sent).toHaveLength(1);
  });
});

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
    const refusal = { error: { code: 'TOY.1', message: 'no' }, error_code: 'TOY.9', error_msg: 'no' };
    const { client } = setUp([
      reply(200, { key: 't1', word: 'DONE', ...refusal }),
      reply(200, { key: 't1', word: '', ...refusal }),
      reply(200, { key: 't2', word: 'DONE', ...refusal }),
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

it('a signature that was refused with 401: not tried again, even where the code says unavailable', async () => {
  const refused = reply(401, { error_code: 'APIGW.0613', error_msg: 'x' });
  const { client, sent } = setUp([refused, refused], { mode: 'aksk', accessKey: 'ak', secretKey: 'sk' });
  expect(await failureIn(client.lookup(TARGET, null, within()))).toMatchObject({ slug: 'upstream-unavailable' });
  expect(sent).toHaveLength(1);
});

describe('a token that the upstream calls expired', () => {
  const expired = () => reply(401, { error_code: 'TOY.1', error_msg: 'x' });
  const tokens = (sent: readonly Sent[]) => sent.map(({ headers }) => headers['x-auth-token']);

  it('the token of a login: replaced once, and the task is asked for once more', async () => {
    const { client, sent, logins } = setUp([expired()], PASSWORD);
    await client.lookup(TARGET, null, within());
    expect([tokens(sent), logins.length]).toEqual([['token-1', 'token-2'], 2]);
    await client.lookup(TARGET, null, within());
    expect([sent.length, logins.length]).toEqual([3, 2]);
  });

  it('its successor, expired as well: not replaced in the same lookup', async () => {
    const { client, sent, logins } = setUp([expired(), expired(), expired()], PASSWORD);
    expect(await failureIn(client.lookup(TARGET, null, within()))).toMatchObject({
      slug: 'upstream-credentials-rejected',
    });
    expect([sent.length, logins.length]).toEqual([2, 2]);
  });

  it('after all retries: one more with the new token', async () => {
    const unavailable = () => reply(503, {});
    const { client, sent, logins } = setUp([unavailable(), unavailable(), expired(), unavailable()], PASSWORD);
    expect(await failureIn(client.lookup(TARGET, null, within()))).toMatchObject({ slug: 'upstream-unavailable' });
    expect([sent.length, logins.length]).toEqual([4, 2]);
  });

  it.each<[string, CredentialsSettings]>([
    ["the caller's own", { mode: 'passthrough' }],
    ['a signature', { mode: 'aksk', accessKey: 'ak', secretKey: 'sk' }],
  ])('%s: not sent again', async (_name, credentials) => {
    const { client, sent, logins } = setUp([expired(), expired()], credentials);
    expect(await failureIn(client.lookup(TARGET, 'x', within()))).toMatchObject({
      slug: 'upstream-credentials-rejected',
    });
    expect([sent.length, logins.length]).toEqual([1, 0]);
  });

  it('a token that was refused for another reason: not replaced', async () => {
    const { client, sent, logins } = setUp([reply(401, { error_code: 'TOY.2', error_msg: 'x' })], PASSWORD);
    expect(await failureIn(client.lookup(TARGET, null, within()))).toMatchObject({
      slug: 'upstream-credentials-rejected',
    });
    expect([sent.length, logins.length]).toEqual([1, 1]);
  });
});
