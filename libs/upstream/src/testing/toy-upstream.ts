import type { Deadline } from '@gateway/async';
import type { Provider } from '@gateway/tasks';
import { TaskAddress, completeTask } from '@gateway/tasks';
import { UpstreamClient } from '../upstream-client.js';
import type { LookupTarget } from '../upstream-client.js';
import { UpstreamSettings } from '../upstream-settings.js';
import type { CredentialsSettings, UpstreamConfig } from '../upstream-settings.js';

// Named by the client: an import of their folder, whose specs use this one, would be a circle.
type HttpTransport = ConstructorParameters<typeof UpstreamClient>[1];
type TransportReply = Awaited<ReturnType<HttpTransport['send']>>;
type TransportRequest = Parameters<HttpTransport['send']>[0];
type SendOptions = Parameters<HttpTransport['send']>[1];

export const PROVIDER: Provider = {
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
export const AT = { provider: 'svc', region: 'r1', projectId: 'p1', instanceId: null, id: 't1' };
export const TARGET: LookupTarget = { provider: PROVIDER, address: new TaskAddress(AT) };

export const reply = (
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): TransportReply => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});
export const DONE = reply(200, { id: 't1', word: 'DONE' });

export type Sent = TransportRequest & { readonly options: SendOptions };

/** A client whose transport answers tasks from a list, and logins with `token-1`, `token-2` and so on. */
export function setUp(answers: (TransportReply | Error)[], credentials: CredentialsSettings = { mode: 'passthrough' }) {
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
  const config: UpstreamConfig = {
    regions: [region],
    providers: [{ id: 'other', endpoints: [{ region: 'r1', url: 'https://elsewhere.example.com' }], maxBodyBytes: 7 }],
    upstream: settings,
  };
  const client = new UpstreamClient(config, { send, close: async () => undefined } as unknown as HttpTransport);
  return { client, config, sent, logins };
}
export const within = (signal = new AbortController().signal): Deadline => ({ signal, endsAt: Infinity });
export const failureIn = (lookup: Promise<unknown>): Promise<unknown> => lookup.catch((error: unknown) => error);
