import { expect, it } from '@jest/globals';
import { UpstreamPolicy } from '../policy/upstream-policy.js';
import type { HttpTransport } from '../transport/http-transport.js';
import type { TransportReply, TransportRequest } from '../transport/exchange.js';
import { UpstreamSettings } from '../upstream-settings.js';
import { IamClient } from './iam-client.js';

const SCOPE = { domain: 'd', user: 'u', password: 'Pl4nted-Passw0rd', projectId: 'p' };
const TOKEN = 'planted-token-of-a-caller';

/** A client of a service that always answers the same. */
function setUp(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const sent: TransportRequest[] = [];
  const send = async (request: TransportRequest): Promise<TransportReply> => {
    sent.push(request);
    return { status, headers, body: Buffer.from(JSON.stringify(body)) };
  };
  const settings = Object.assign(new UpstreamSettings(), { backoffBaseMs: 0, backoffCapMs: 0 });
  const transport = { send } as unknown as HttpTransport;
  const unknown: string[] = [];
  const policy = new UpstreamPolicy(settings);
  const iam = new IamClient('https://iam.example.com/', transport, policy, settings, (code) => void unknown.push(code));
  return { iam, sent, unknown };
}
const faultOf = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

it.each([400, 401, 403, 404, 500, 502, 503, 504])('login answered with %i: not sent again', async (status) => {
  const { iam, sent } = setUp(status, { error: { code: status, message: 'x', title: 'x' } });
  await faultOf(iam.login(SCOPE));
  expect(sent).toHaveLength(1);
});

it('code that no table knows: reported', async () => {
  const { iam, unknown } = setUp(403, { error_code: 'XYZ.7777', error_msg: 'x' });
  await faultOf(iam.login(SCOPE));
  expect(unknown).toEqual(['XYZ.7777']);
  const known = setUp(401, { error: { code: 401, message: 'x', title: 'x' } });
  await faultOf(known.iam.login(SCOPE));
  expect(known.unknown).toEqual([]);
});

it('credential that the service echoes: not passed on', async () => {
  const echo = (secret: string) =>
    setUp(401, { error_code: secret, error_msg: secret }, { 'x-request-id': secret }).iam;
  const faults = [await faultOf(echo(SCOPE.password).login(SCOPE)), await faultOf(echo(TOKEN).inspect(TOKEN))];
  expect(JSON.stringify(faults)).not.toMatch(/Pl4nted|planted/);
  expect(faults).toMatchObject([
    { slug: 'upstream-credentials-rejected', options: { upstream: { status: 401 } } },
    { slug: 'upstream-credentials-rejected', options: { upstream: { status: 401 } } },
  ]);
});

it('lifetime: the whole of a new token, what is left of one that a caller brings', async () => {
  const token = {
    issued_at: '2024-01-01T00:00:00.000000Z',
    expires_at: '2024-01-02T00:00:00.000000Z',
    project: { id: 'p' },
  };
  const login = setUp(201, { token }, { 'x-subject-token': 'new' });
  expect(await login.iam.login(SCOPE)).toEqual({ token: 'new', lifetimeMs: 86_400_000 });
  const inspection = setUp(200, { token }, { date: 'Mon, 01 Jan 2024 23:59:50 GMT' });
  expect(await inspection.iam.inspect(TOKEN)).toEqual({ projectId: 'p', lifetimeMs: 10_000 });
});
