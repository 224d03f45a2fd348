import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { TaskAddress } from '@gateway/tasks';
import { AT, DONE, failureIn, reply, setUp, TARGET, within } from './testing/toy-upstream.js';
import type { CredentialsSettings, RegionSettings, UpstreamConfig } from './upstream-settings.js';

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(new ConsoleLogger()));

const PASSWORD: CredentialsSettings = { mode: 'password', domain: 'd', user: 'u', password: 'Passw0rd!' };
const IN_TWO = { ...TARGET, address: new TaskAddress({ ...AT, region: 'r2' }) };

/** A client of region r1, and what has it take over other regions. */
function start(answers: Parameters<typeof setUp>[0], credentials: CredentialsSettings = PASSWORD) {
  const toy = setUp(answers, credentials);
  const [r1] = toy.config.regions as readonly [RegionSettings];
  const apply = (regions: readonly RegionSettings[], more: Partial<UpstreamConfig> = {}): void =>
    toy.client.apply({ ...toy.config, ...more, regions });
  return { ...toy, r1, apply, hosts: () => toy.sent.map(({ url }) => url.host) };
}

describe('regions that are taken over', () => {
  it('one that stays as it is: keeps its login and its breaker, and gets other addresses of providers', async () => {
    const { client, r1, apply, logins, sent } = start([]);
    await client.lookup(TARGET, null, within());
    client.controlBreaker('svc', 'r1', 'open');
    apply([{ ...r1 }], { providers: [{ id: 'toy', endpoints: [{ region: 'r1', url: 'https://moved.example.com' }] }] });
    expect(client.breakerControl('svc', 'r1')).toBe('open');
    await client.lookup(TARGET, null, within());
    expect([logins.length, sent.at(-1)?.url.host]).toEqual([1, 'moved.example.com']);
  });

  it('one with other credentials: logs in anew, and what operators have decided about its breakers holds', async () => {
    const { client, r1, apply, logins } = start([]);
    await client.lookup(TARGET, null, within());
    client.controlBreaker('svc', 'r1', 'open');
    apply([{ ...r1, credentials: { ...PASSWORD, password: 'another' } }]);
    await client.lookup(TARGET, null, within());
    expect(logins.map(({ body }) => String(body).includes('another'))).toEqual([false, true]);
    expect(client.breakerControl('svc', 'r1')).toBe('open');
  });

  it('one that comes: is asked; one that goes: is named no more, and what was begun there ends there', async () => {
    const { client, r1, apply, hosts } = start([reply(503, {}), DONE], { mode: 'passthrough' });
    apply([r1, { ...r1, name: 'r2', endpoint: 'https://{service}.two.example.com' }]);
    expect(client.regionNames()).toEqual(['r1', 'r2']);
    const begun = client.lookup(IN_TWO, 'x', within());
    apply([r1]);
    expect(client.regionNames()).toEqual(['r1']);
    await begun;
    expect(hosts()).toEqual(['toy-host.two.example.com', 'toy-host.two.example.com']);
    expect(client.isPassthrough('r2')).toBe(true);
    await client.lookup(IN_TWO, 'x', within());
  });

  it('one that never was: is none', async () => {
    const { client, r1, apply } = start([]);
    apply([r1]);
    expect(String(await failureIn(client.lookup(IN_TWO, 'x', within())))).toContain('region r2 is not configured');
  });
});
