import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { loadFixtures } from '@gateway/providers/testing';
import { demoAccount } from '../accounts.js';
import { startSimulator } from '../simulator.js';
import type { Simulator } from '../simulator.js';
import {
  APIG_INSTANCE,
  ask,
  askWithToken,
  DMS_INSTANCE,
  NO_TASK,
  pathTo,
  PROJECT,
  SECOND_PROJECT,
  tokenFor,
} from '../testing/ask.js';

const DAY_MS = 24 * 3_600_000;
const front = (text: string): object => ({
  error_code: 'APIGW.0301',
  error_msg: `Incorrect IAM authentication information: ${text}`,
  request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
});
const plain = (error_code: string, error_msg: unknown = expect.any(String)): object => ({ error_code, error_msg });
const nested = (code: string): object => ({ error: { code, message: expect.any(String) } });
const BAD_APIG_TOKEN = plain('APIG.1002', 'Incorrect token or token resolution failed');

let simulator: Simulator;
beforeAll(async () => {
  const demo = demoAccount();
  const guest = { id: 'guest-id', name: 'guest', password: 'guest', denied: ['apig', 'dms', 'ims', 'evs'] };
  simulator = await startSimulator({ accounts: [{ ...demo, users: [...demo.users, guest] }] });
});
afterAll(() => simulator.close());
afterEach(() => simulator.control.reset());

describe.each([
  {
    service: 'apig' as const,
    missing: [401, BAD_APIG_TOKEN],
    invalid: [401, BAD_APIG_TOKEN],
    expired: [401, BAD_APIG_TOKEN],
    foreign: [401, BAD_APIG_TOKEN],
    denied: [403, plain('APIG.1005')],
    malformed: [
      400,
      plain(
        'APIG.2001',
        'The request parameters must be specified,parameterName:task_id. Please refer to the support documentation',
      ),
    ],
    unknown: [404, plain('APIG.3093', `The asynchronous task ${NO_TASK} does not exist`)],
  },
  {
    service: 'dms' as const,
    missing: [401, plain('DMS.10240103')],
    invalid: [401, plain('DMS.10240101')],
    expired: [401, plain('DMS.10240102')],
    foreign: [401, plain('DMS.10240104')],
    denied: [403, plain('DMS.00403002')],
    malformed: [400, plain('DMS.00400070')],
    unknown: [200, { task_count: '0', tasks: [] }],
  },
  {
    service: 'ims' as const,
    missing: [401, front('x-auth-token not found')],
    invalid: [401, front('decrypt token fail')],
    expired: [401, front('token expires')],
    foreign: [400, nested('IMG.0030')],
    denied: [403, nested('IMG.0026')],
    malformed: [400, nested('IMG.0024')],
    unknown: [400, nested('IMG.0023')],
  },
  {
    // Described by nothing but its provider.
    service: 'evs' as const,
    missing: [400, nested('EVS.0002')],
    invalid: [400, nested('EVS.0002')],
    expired: [400, nested('Common.0013')],
    foreign: [400, nested('EVS.0001')],
    denied: [403, nested('EVS.0003')],
    malformed: [400, nested('Common.0011')],
    unknown: [400, nested('Common.0011')],
  },
])('$service', ({ service, missing, invalid, expired, foreign, denied, malformed, unknown }) => {
  const path = pathTo[service];
  const answerTo = async (target: string, token: string): Promise<unknown> => {
    const { status, body } = await askWithToken(simulator, target, token);
    return [status, body];
  };

  it('knows its documented examples', async () => {
    const token = tokenFor(simulator);
    const seen = new Set<string>();
    const fixtures = loadFixtures(service).filter(({ request: { id } }) => !seen.has(id) && seen.add(id));
    expect(fixtures.length).toBeGreaterThan(5);
    for (const { request, reply } of fixtures)
      expect(await answerTo(path(request.id), token)).toEqual([reply.status, reply.body]);
  });

  it('refuses a missing, an invalid, an expired and a foreign token', async () => {
    const token = tokenFor(simulator);
    const { status, body, headers } = await ask(simulator, path(NO_TASK));
    expect([status, body]).toEqual(missing);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(await answerTo(path(NO_TASK), 'MIInvalid')).toEqual(invalid);
    expect(await answerTo(path(NO_TASK), tokenFor(simulator, SECOND_PROJECT))).toEqual(foreign);
    expect(await answerTo(path(NO_TASK, 'f00d'), token)).toEqual(foreign);
    simulator.control.advanceClock({ advanceMs: DAY_MS });
    expect(await answerTo(path(NO_TASK), token)).toEqual(expired);
  });

  it('refuses revoked tokens, of one user or of all', async () => {
    const token = tokenFor(simulator);
    expect(simulator.control.revokeTokens({ as: 'expired', user: 'guest' })).toBe(0);
    expect(await answerTo(path(NO_TASK), token)).toEqual(unknown);
    expect(simulator.control.revokeTokens({ as: 'expired' })).toBe(1);
    expect(await answerTo(path(NO_TASK), token)).toEqual(expired);
    simulator.control.revokeTokens({ as: 'invalid' });
    expect(await answerTo(path(NO_TASK), token)).toEqual(invalid);
  });

  it('refuses users without permission', async () => {
    const token = simulator.control.issueToken({ domain: 'demo', user: 'guest', projectId: PROJECT });
    expect(await answerTo(path(NO_TASK), token)).toEqual(denied);
  });

  it('does not know an unknown task, and refuses a malformed id', async () => {
    const token = tokenFor(simulator);
    expect(await answerTo(path(NO_TASK), token)).toEqual(unknown);
    expect(await answerTo(path('01234567-89ab-cdef-0123-456789abcdef'), token)).toMatchObject([unknown[0], {}]);
    expect(await answerTo(path('abc'), token)).toEqual(malformed);
    expect(await answerTo(path('%2e%2e%2f'), token)).toEqual(malformed);
  });

  it('publishes no other method, version or slash', async () => {
    const headers = { 'X-Auth-Token': tokenFor(simulator) };
    for (const [method, target] of [
      ['POST', path(NO_TASK)],
      ['HEAD', path(NO_TASK)],
      ['GET', `${path(NO_TASK)}/`],
      ['GET', path(NO_TASK).replace(/v[12]/, 'v9')],
      ['GET', path(NO_TASK, '')],
      ['GET', `/${service}`],
    ] as const) {
      const answer = await ask(simulator, target, { method, headers });
      expect(answer.status).toBe(404);
      if (method !== 'HEAD')
        expect(answer.body).toEqual({
          error_code: 'APIGW.0101',
          error_msg: 'The API does not exist or has not been published in the environment',
          request_id: answer.headers.get('x-request-id'),
        });
    }
  });
});

describe('scope', () => {
  it('is an instance of the project, too', async () => {
    const other = '0d4f7b2a9c6e41f38b5a1c7d9e2f6b84';
    const apig = await askWithToken(simulator, pathTo.apig(NO_TASK, PROJECT, other), tokenFor(simulator));
    expect([apig.status, apig.body]).toEqual([404, plain('APIG.3030', `The instance does not exist;id:${other}`)]);
    const dms = await askWithToken(simulator, pathTo.dms(NO_TASK, PROJECT, other), tokenFor(simulator));
    expect([dms.status, dms.body]).toEqual([404, plain('DMS.00404022')]);
  });

  it('hides a task from other projects and instances', async () => {
    const { id } = simulator.control.createTask({ service: 'ims', projectId: SECOND_PROJECT });
    const there = tokenFor(simulator, SECOND_PROJECT);
    expect((await askWithToken(simulator, pathTo.ims(id, SECOND_PROJECT), there)).status).toBe(200);
    expect((await askWithToken(simulator, pathTo.ims(id), tokenFor(simulator))).body).toEqual(nested('IMG.0023'));
  });

  it('of the image jobs without a project is the one of the token', async () => {
    const { id } = simulator.control.createTask({ service: 'ims', projectId: SECOND_PROJECT });
    const path = `/ims/v1/cloudimages/job/${id}`;
    const found = await askWithToken(simulator, path, tokenFor(simulator, SECOND_PROJECT));
    expect([found.status, found.body]).toMatchObject([200, { job_id: id }]);
    expect((await askWithToken(simulator, path, tokenFor(simulator))).status).toBe(400);
  });
});

describe('front', () => {
  it('publishes no unknown service', async () => {
    for (const path of ['/', '/nobody/v3/x', `//${pathTo.ims(NO_TASK)}`, `/IMS/v1/${PROJECT}/jobs/${NO_TASK}`]) {
      const { status, body } = await ask(simulator, path);
      expect([status, body]).toMatchObject([404, { error_code: 'APIGW.0101' }]);
    }
  });

  it('refuses paths that cannot be decoded, and huge bodies', async () => {
    const path = await ask(simulator, `/ims/v1/%ff/jobs/${NO_TASK}`);
    expect([path.status, path.body]).toMatchObject([400, { error_code: 'APIGW.0201' }]);
    const body = await ask(simulator, '/iam/v3/auth/tokens', { method: 'POST', body: 'x'.repeat(2 ** 21) });
    expect([body.status, body.body]).toMatchObject([413, { error_code: 'APIGW.0201' }]);
  });

  it('serves a task of every service to its demo scope', () => {
    expect(simulator.control.createTask({ service: 'apig' })).toMatchObject({ instanceId: APIG_INSTANCE });
    expect(simulator.control.createTask({ service: 'dms' })).toMatchObject({ instanceId: DMS_INSTANCE });
    expect(simulator.control.createTask({ service: 'ims' })).toMatchObject({ projectId: PROJECT, instanceId: null });
  });
});
