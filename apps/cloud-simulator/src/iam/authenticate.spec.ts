import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DEMO_ACCESS_KEY, demoAccount } from '../accounts.js';
import { startSimulator } from '../simulator.js';
import type { Simulator } from '../simulator.js';
import { ask, NO_TASK, pathTo, SECOND_PROJECT, signedHeaders } from '../testing/ask.js';
import type { SignOptions } from '../testing/ask.js';

const PATH = pathTo.apig('d9ce8c9eede54b3f841ec324fe0bfdc2');
const MINUTE_MS = 60_000;

describe('signed requests', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    const demo = demoAccount();
    const temporary = { access: 'TEMPORARYACCESSKEY01', secret: 'temporary', securityToken: 'session' };
    const second = { access: 'SECONDACCESSKEY00001', secret: 'second' };
    const guest = { id: 'guest-id', name: 'guest', password: 'x', projects: [SECOND_PROJECT], keys: [second] };
    const users = demo.users.map((user) => ({ ...user, keys: [...(user.keys ?? []), temporary] }));
    simulator = await startSimulator({ accounts: [{ ...demo, users: [...users, guest] }] });
  });
  afterAll(() => simulator.close());
  afterEach(() => simulator.control.reset());

  const askSigned = async (
    options: SignOptions = {},
    unsigned: Readonly<Record<string, string>> = {},
    path = PATH,
  ): Promise<readonly [number, unknown]> => {
    const target = options.query === undefined ? path : `${path}?${options.query}`;
    const headers = { ...signedHeaders(path, options), ...unsigned };
    const { status, body } = await ask(simulator, target, { headers });
    return [status, body];
  };
  const refused = (reason: unknown): readonly [number, object] => [
    401,
    { error_code: 'APIGW.0301', error_msg: reason, request_id: expect.any(String) },
  ];
  const because = (reason: string): readonly [number, object] =>
    refused(`Incorrect IAM authentication information: ${reason}`);

  it('are accepted, whatever they sign besides the date', async () => {
    expect(await askSigned()).toMatchObject([200, { task_status: 'succeed' }]);
    const host = new URL(simulator.url).host;
    expect((await askSigned({ headers: { host, 'x-b': ' 1 ' }, query: 'a=1&b=' }))[0]).not.toBe(200);
    expect((await askSigned({ headers: { host, 'x-b': '1' }, query: 'a=1&b=' }))[0]).toBe(200);
  });

  it('are refused if anything about them is wrong', async () => {
    expect(await askSigned({ secret: 'wrong' })).toEqual(because('verify aksk signature fail'));
    const other = signedHeaders(pathTo.apig(NO_TASK));
    const { status } = await ask(simulator, PATH, { headers: other });
    expect(status).toBe(401);
    expect((await ask(simulator, `${PATH}?a=1`, { headers: signedHeaders(PATH) })).status).toBe(401);
    expect(await askSigned({ access: 'UNKNOWN' })).toEqual(because('Get secretKey failed,ak:UNKNOWN,err:ak not exist'));
    const { 'x-sdk-date': _date, ...undated } = signedHeaders(PATH);
    expect((await ask(simulator, PATH, { headers: undated })).status).toBe(401);
  });

  it('are missing a token if they are of another kind', async () => {
    const answer = await ask(simulator, PATH, { headers: { authorization: 'Bearer x' } });
    expect(answer.body).toMatchObject({ error_code: 'APIG.1002' });
  });

  it('may be fifteen minutes off the clock', async () => {
    expect((await askSigned({ time: Date.now() - 14 * MINUTE_MS }))[0]).toBe(200);
    expect((await askSigned({ time: Date.now() + 14 * MINUTE_MS }))[0]).toBe(200);
    const expired = refused(expect.stringMatching(/signature expired, signature time:\d{8}T\d{6}Z,server time:/));
    expect(await askSigned({ time: Date.now() - 16 * MINUTE_MS })).toEqual(expired);
    expect(await askSigned({ time: Date.now() + 16 * MINUTE_MS })).toEqual(expired);
    simulator.control.advanceClock({ advanceMs: 16 * MINUTE_MS });
    expect(await askSigned()).toEqual(expired);
  });

  it('of temporary keys need their security token, signed or not', async () => {
    const temporary = { access: 'TEMPORARYACCESSKEY01', secret: 'temporary' };
    expect((await askSigned(temporary))[0]).toBe(401);
    expect((await askSigned(temporary, { 'x-security-token': 'session' }))[0]).toBe(200);
    expect((await askSigned({ ...temporary, headers: { 'x-security-token': 'session' } }))[0]).toBe(200);
    expect((await askSigned({}, { 'x-security-token': 'session' }))[0]).toBe(401);
  });

  it('open the project that they name, or all of the user', async () => {
    const { id, instanceId } = simulator.control.createTask({ service: 'apig', projectId: SECOND_PROJECT });
    const second = pathTo.apig(id, SECOND_PROJECT, instanceId ?? '');
    expect((await askSigned({}, {}, second))[0]).toBe(200);
    expect((await askSigned({ headers: { 'x-project-id': SECOND_PROJECT } }, {}, second))[0]).toBe(200);
    expect((await askSigned({}, { 'x-project-id': SECOND_PROJECT }))[0]).toBe(401);
    expect((await askSigned({}, { 'x-project-id': 'f00d' }))[0]).toBe(401);
    const guest = { access: 'SECONDACCESSKEY00001', secret: 'second' };
    expect((await askSigned(guest, {}, second))[0]).toBe(200);
    expect(await askSigned(guest)).toMatchObject([401, { error_code: 'APIG.1002' }]);
  });

  it('lock their key after five failures within five minutes, for five minutes', async () => {
    const fail = (): Promise<unknown> => askSigned({ secret: 'wrong' });
    for (let i = 0; i < 4; i += 1) await fail();
    expect((await askSigned())[0]).toBe(200);
    for (let i = 0; i < 5; i += 1) expect(await fail()).toEqual(because('verify aksk signature fail'));
    const locked = because('AK access failed to reach the limit,forbidden');
    expect(await askSigned()).toEqual(locked);
    simulator.control.advanceClock({ advanceMs: 4 * MINUTE_MS });
    expect(await askSigned()).toEqual(locked);
    simulator.control.advanceClock({ advanceMs: MINUTE_MS });
    expect((await askSigned())[0]).toBe(200);
    expect(simulator.control.requests('apig').at(-1)?.credential.kind).toBe('signature');
    expect(JSON.stringify(simulator.control.requests())).not.toContain(DEMO_ACCESS_KEY);
  });
});
