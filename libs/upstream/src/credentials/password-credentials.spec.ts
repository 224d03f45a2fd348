import { describe, expect, it } from '@jest/globals';
import { UpstreamFailure } from '../errors/upstream-failure.js';
import type { IssuedToken, LoginScope } from './iam-client.js';
import { MAX_REJECTED, PasswordCredentials } from './credentials.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const account = { domain: 'acme', user: 'gateway', password: 'Passw0rd!' };
const rejected = new UpstreamFailure({ problem: 'upstream-credentials-rejected', detail: 'No.' });

interface PendingLogin {
  readonly scope: LoginScope;
  readonly issue: (token: string, lifetimeMs?: number) => void;
  readonly fail: (error: Error) => void;
}

/** Credentials whose logins end when the test says so. */
function setUp() {
  let now = 1_000_000;
  const logins: PendingLogin[] = [];
  const login = (scope: LoginScope): Promise<IssuedToken> =>
    new Promise((resolve, fail) => {
      logins.push({ scope, issue: (token, lifetimeMs = DAY) => resolve({ token, lifetimeMs }), fail });
    });
  const credentials = new PasswordCredentials(account, login, () => now);
  const authorize = (projectId: string | null = 'p1', signal = new AbortController().signal) =>
    credentials.authorize(
      { method: 'GET', url: new URL('https://ims.example.com/'), headers: {}, projectId },
      'a-token-of-the-caller',
      signal,
    );
  const tokenOf = async (projectId = 'p1'): Promise<string | undefined> =>
    (await authorize(projectId)).headers['x-auth-token'];
  const loggedIn = async (token: string, lifetimeMs?: number) => {
    const authorization = authorize();
    logins.at(-1)?.issue(token, lifetimeMs);
    return authorization;
  };
  return { authorize, tokenOf, loggedIn, logins, pass: (ms: number) => void (now += ms) };
}
const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('logins', () => {
  it('first request of a project: logs in to it, and names its secrets', async () => {
    const { loggedIn, logins } = setUp();
    expect(await loggedIn('token-1')).toEqual({
      headers: { 'x-auth-token': 'token-1' },
      secrets: ['token-1', 'Passw0rd!'],
      forget: expect.any(Function),
    });
    expect(logins.map(({ scope }) => scope)).toEqual([{ ...account, projectId: 'p1' }]);
  });

  it('requests that come meanwhile or after: share one login', async () => {
    const { tokenOf, logins } = setUp();
    const tokens = Array.from({ length: 100 }, () => tokenOf());
    logins[0]?.issue('token-1');
    expect(new Set(await Promise.all(tokens))).toEqual(new Set(['token-1']));
    expect(await tokenOf()).toBe('token-1');
    expect(logins).toHaveLength(1);
  });

  it('another project: has a login of its own', async () => {
    const { tokenOf, logins } = setUp();
    const tokens = [tokenOf('p1'), tokenOf('p2')];
    logins[1]?.issue('token-2');
    logins[0]?.issue('token-1');
    expect(await Promise.all(tokens)).toEqual(['token-1', 'token-2']);
  });

  it('no project: no login is sent', async () => {
    const { authorize, logins } = setUp();
    await expect(authorize(null)).rejects.toMatchObject({ slug: 'upstream-misconfigured' });
    expect(logins).toHaveLength(0);
  });

  it('caller who leaves: the others have the login', async () => {
    const { authorize, tokenOf, logins } = setUp();
    const caller = new AbortController();
    const left = authorize('p1', caller.signal);
    const stays = tokenOf();
    const reason = new Error('gone');
    caller.abort(reason);
    await expect(left).rejects.toBe(reason);
    logins[0]?.issue('token-1');
    expect(await stays).toBe('token-1');
    expect(logins).toHaveLength(1);
  });
});

describe('tokens', () => {
  it.each([
    ['of a day, in its last tenth', DAY, 0.9 * DAY],
    ['of half an hour, in its last five minutes', HOUR / 2, HOUR / 2 - 5 * 60_000],
    ['of a minute, in its second half', 60_000, 30_000],
  ])('token %s: is renewed, and nobody waits', async (_name, lifetimeMs, renewedAfter) => {
    const { loggedIn, tokenOf, logins, pass } = setUp();
    await loggedIn('token-1', lifetimeMs);
    pass(renewedAfter - 1);
    expect([await tokenOf(), logins.length]).toEqual(['token-1', 1]);
    pass(1);
    expect([await tokenOf(), await tokenOf(), logins.length]).toEqual(['token-1', 'token-1', 2]);
    logins[1]?.issue('token-2');
    await settle();
    expect([await tokenOf(), logins.length]).toEqual(['token-2', 2]);
  });

  it('token that cannot be renewed: is used to its end', async () => {
    const { loggedIn, tokenOf, logins, pass } = setUp();
    await loggedIn('token-1');
    pass(DAY - 2);
    expect(await tokenOf()).toBe('token-1');
    logins[1]?.fail(new Error('down'));
    await settle();
    expect([await tokenOf(), logins.length]).toEqual(['token-1', 3]);
  });

  it('token that has ended: is replaced', async () => {
    const { loggedIn, tokenOf, logins, pass } = setUp();
    await loggedIn('token-1');
    pass(DAY);
    const next = tokenOf();
    logins[1]?.issue('token-2');
    expect(await next).toBe('token-2');
  });
});

describe('refused tokens', () => {
  it('token refused as expired: is replaced', async () => {
    const { loggedIn, tokenOf, logins } = setUp();
    const { forget } = await loggedIn('token-1');
    forget('expired');
    const next = tokenOf();
    logins[1]?.issue('token-2');
    expect(await next).toBe('token-2');
  });

  it('token refused as expired: stays a secret beside the new one, as clouds accept it for longer', async () => {
    const { loggedIn, pass } = setUp();
    const old = await loggedIn('token-1');
    pass(HOUR);
    old.forget('expired');
    expect((await loggedIn('token-2')).secrets).toEqual(['token-2', 'Passw0rd!', 'token-1']);
  });

  it('token refused after it was replaced: the new one stays', async () => {
    const { loggedIn, tokenOf, logins } = setUp();
    const { forget } = await loggedIn('token-1');
    forget('expired');
    await loggedIn('token-2');
    forget('expired');
    expect([await tokenOf(), logins.length]).toEqual(['token-2', 2]);
  });

  it('token refused as expired, like its predecessor: is kept for 30 seconds, as another would fare no better', async () => {
    const { loggedIn, tokenOf, logins, pass } = setUp();
    const first = await loggedIn('token-1');
    expect(first.forget('expired')).toBe(true);
    const second = await loggedIn('token-2');
    expect(second.forget('expired')).toBe(false);
    expect([await tokenOf(), logins.length]).toEqual(['token-2', 2]);
    pass(30_001);
    expect(second.forget('expired')).toBe(true);
    expect((await loggedIn('token-3')).headers['x-auth-token']).toBe('token-3');
  });

  it('token refused for an unknown reason, too, before it is replaced: counts as expired', async () => {
    const { loggedIn, pass } = setUp();
    const first = await loggedIn('token-1');
    pass(HOUR);
    expect([first.forget('expired'), first.forget('refused')]).toEqual([true, true]);
    const second = await loggedIn('token-2');
    expect(second.forget('expired')).toBe(false);
  });

  it('token refused for an unknown reason: is replaced once it is 30 seconds old', async () => {
    const { loggedIn, tokenOf, logins, pass } = setUp();
    const { forget } = await loggedIn('token-1');
    pass(30_000);
    forget('refused');
    expect([await tokenOf(), logins.length]).toEqual(['token-1', 1]);
    pass(1);
    forget('refused');
    void tokenOf();
    expect(logins).toHaveLength(2);
    logins[1]?.issue('token-2');
    expect(await tokenOf()).toBe('token-2');
  });
});

describe('failed logins', () => {
  it('failed login: fails all who wait', async () => {
    const { tokenOf, logins } = setUp();
    const waiting = [tokenOf(), tokenOf(), tokenOf()].map((token) => token.catch((error: unknown) => error));
    logins[0]?.fail(rejected);
    expect(await Promise.all(waiting)).toEqual([rejected, rejected, rejected]);
  });

  it('rejected password: is not tried again for ten seconds', async () => {
    const { tokenOf, logins, pass } = setUp();
    const first = tokenOf();
    logins[0]?.fail(rejected);
    await expect(first).rejects.toBe(rejected);
    pass(9_999);
    await expect(tokenOf()).rejects.toBe(rejected);
    expect(logins).toHaveLength(1);
    pass(1);
    const next = tokenOf();
    logins[1]?.issue('token-1');
    expect(await next).toBe('token-1');
  });

  it('rejected passwords: remembered for so many projects only, as callers choose them', async () => {
    const { tokenOf, logins } = setUp();
    const refuse = async (project: string): Promise<void> => {
      const token = tokenOf(project);
      logins.at(-1)?.fail(rejected);
      await expect(token).rejects.toBe(rejected);
    };
    for (let count = 0; count <= MAX_REJECTED; count += 1) await refuse(`p${count}`);
    expect(logins).toHaveLength(MAX_REJECTED + 1);
    await refuse(`p${MAX_REJECTED}`);
    expect(logins).toHaveLength(MAX_REJECTED + 1);
    await refuse('p0');
    expect(logins).toHaveLength(MAX_REJECTED + 2);
  });

  it('failed login to one project: others log in', async () => {
    const { tokenOf, logins } = setUp();
    const first = tokenOf('p1');
    logins[0]?.fail(rejected);
    await expect(first).rejects.toBe(rejected);
    const other = tokenOf('p2');
    logins[1]?.issue('token-2');
    expect(await other).toBe('token-2');
  });

  it('identity service that is down: the next request tries again', async () => {
    const { tokenOf, logins } = setUp();
    const down = new UpstreamFailure({ problem: 'upstream-unavailable', detail: 'Down.', retry: 'backoff' });
    const first = tokenOf();
    logins[0]?.fail(down);
    await expect(first).rejects.toBe(down);
    const next = tokenOf();
    logins[1]?.issue('token-1');
    expect(await next).toBe('token-1');
  });
});
