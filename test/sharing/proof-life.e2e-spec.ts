import { describe, expect, it } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import { forbidden, refused, secretOf, succeeded, unavailable } from './support/cloud.js';
import type { Answer, Behaviour } from './support/cloud.js';
import { ALICE, identified, PROJECT, PROOF_SECONDS, read, RELOAD, RIGHTS, slugOf } from './support/proof-reads.js';
import { proofStage } from './support/proof-stage.js';
import { byRights } from './support/rights.js';

const withRedis = needing('redis-server');
const stage = proofStage(byRights(RIGHTS));
const { start, questions } = stage;

describe('a proof that has ended', () => {
  it('token that ends: ends with it, also where the project was named', async () => {
    const replica = await start();
    stage.cloud.behave(identified({ alice: PROJECT }, byRights(RIGHTS), 30_000));
    expect(slugOf(await replica.ask(read('alice', 'own')))).toBe('live');
    expect(slugOf(await replica.ask(read('alice', 'own')))).toBe('cache');
    // Clouds tell the time in whole seconds.
    stage.clock.advance(31_000);
    stage.cloud.behave(() => refused);
    const reply = await replica.ask(read('alice', 'own'));
    expect(slugOf(reply)).toBe('upstream-credentials-rejected');
    expect(reply.text).not.toContain(secretOf(PROJECT));
  });

  it('identity service down: given for a token whose end is not known', async () => {
    const replica = await start();
    stage.cloud.behave((call) => (call.service === 'iam' ? unavailable : byRights(RIGHTS)(call)));
    expect(slugOf(await replica.ask(read('alice', 'own')))).toBe('live');
    expect(slugOf(await replica.ask(read('alice', 'own')))).toBe('cache');
  });

  it.each<[string, Answer, string]>([
    ['unavailable', unavailable, 'upstream-unavailable'],
    ['broken', { status: 500, body: {} }, 'upstream-error'],
    ['babbling', { status: 200, body: 'x' }, 'upstream-bad-response'],
  ])('cloud %s: shows nothing, while one that lives shows what is stored', async (_name, answer, slug) => {
    const replica = await start();
    expect(slugOf(await replica.ask(read('alice', 'silent')))).toBe('live');
    stage.cloud.behave(() => answer);
    stage.clock.advance(PROOF_SECONDS * 900 - 1_000);
    expect(slugOf(await replica.ask(read('alice', 'silent')))).toBe('cache');
    expect(stage.cloud.calls).toEqual([]);
    stage.clock.advance(PROOF_SECONDS * 100 + 1_000);
    const reply = await replica.ask(read('alice', 'silent'));
    expect(slugOf(reply)).toBe(slug);
    expect(reply.text).not.toContain(secretOf(PROJECT));
    expect(stage.cloud.calls).toHaveLength(1);
  });

  it('answer to the same token: proven again', async () => {
    const replica = await start();
    for (let round = 1; round <= 3; round += 1) {
      await replica.ask(read('alice', 'silent'));
      expect(slugOf(await replica.ask(read('alice', 'silent')))).toBe('cache');
      expect(stage.cloud.calls).toHaveLength(round);
      stage.clock.advance(PROOF_SECONDS * 1_000);
    }
  });
});

describe('a proof ends at once', () => {
  withRedis.it.each([
    ['401', refused, 'upstream-credentials-rejected'],
    ['403', forbidden, 'permission-denied'],
  ])('when the cloud answers the token with %s, in a replica that did not hear it as well', async (_n, no, slug) => {
    const redis = await startRedis();
    stage.cleanups.push(redis.stop);
    const [first, second] = [await start({ redis: redis.url }), await start({ redis: redis.url })];
    for (const id of ['task-1', 'task-2']) await first.ask(read('alice', 'own', id));
    stage.cloud.behave(() => no);
    expect(slugOf(await first.ask(read('alice', 'own', 'task-1', RELOAD)))).toBe(slug);
    await first.app.get(TaskCache).settled();
    for (const replica of [first, second]) {
      const reply = await replica.ask(read('alice', 'own', 'task-2'));
      expect([slugOf(reply), reply.text.includes(secretOf(PROJECT))]).toEqual([slug, false]);
    }
  });

  withRedis.it('when it is voided, in every replica', async () => {
    const redis = await startRedis();
    stage.cleanups.push(redis.stop);
    const replicas = [await start({ redis: redis.url }), await start({ redis: redis.url })];
    for (const replica of replicas) await replica.ask(read('alice', 'own'));
    const caches = replicas.map(({ app }) => app.get(TaskCache));
    expect(await caches[0]?.purge({ kind: 'principal', principal: ALICE })).toBe(true);
    await eventually(() => caches.every(({ proofs }) => proofs.epochOf(ALICE) !== ''));
    stage.cloud.behave(() => refused);
    for (const replica of replicas)
      expect(slugOf(await replica.ask(read('alice', 'own')))).toBe('upstream-credentials-rejected');
  });

  it('with its token, where the end of that is known', async () => {
    const replica = await start();
    stage.cloud.behave(identified({ alice: PROJECT }, succeeded, 60_000));
    const fromToken = { ...read('alice', 'own'), path: '/tasks/ims/task-1?region=own' };
    expect(slugOf(await replica.ask(fromToken))).toBe('live');
    expect(slugOf(await replica.ask(read('alice', 'own')))).toBe('cache');
    // The cloud tells its own time in whole seconds.
    stage.clock.advance(61_000);
    stage.cloud.behave(() => refused);
    expect(slugOf(await replica.ask(read('alice', 'own')))).toBe('upstream-credentials-rejected');
  });
});

describe("a token's project", () => {
  const access = { tokenProvesProject: true };

  it('configured so: proof enough, though the service itself would refuse the token', async () => {
    const replica = await start({ access });
    const services: Behaviour = (call) => (call.token === 'dave' ? forbidden : byRights(RIGHTS)(call));
    stage.cloud.behave(identified({ alice: PROJECT, dave: PROJECT, bob: 'project-2' }, services));
    await replica.ask(read('alice', 'own'));
    expect(slugOf(await replica.ask(read('dave', 'own')))).toBe('cache');
    // Of another project: then it is the service's turn, and that refuses.
    expect(slugOf(await replica.ask(read('bob', 'own')))).toBe('permission-denied');
    expect(questions()).toEqual(['iam alice', 'ims alice', 'iam dave', 'iam bob', 'ims bob']);
  });

  it('no identity service, or not configured: no proof', async () => {
    const services: Behaviour = (call) => (call.token === 'dave' ? forbidden : succeeded(call));
    stage.cloud.behave(identified({ dave: PROJECT }, services));
    for (const [replica, region] of [
      [await start({ access }), 'silent'],
      [await start(), 'own'],
    ] as const) {
      await replica.ask(read('alice', region));
      expect(slugOf(await replica.ask(read('dave', region)))).toBe('permission-denied');
    }
  });
});
