import { describe, expect, it } from '@jest/globals';
import { TaskCache } from '@gateway/cache';
import { eventually } from '../support/eventually.js';
import { needing } from '../support/needing.js';
import { startRedis } from '../support/redis-server.js';
import { closedGate, secretOf, succeeded, unavailable } from './support/cloud.js';
import { ALICE, identified, PROJECT, PROOF_SECONDS, read, RELOAD, slugOf } from './support/proof-reads.js';
import { proofStage } from './support/proof-stage.js';
import { haveRead } from './support/replicas.js';
import type { LocalReplica } from './support/replicas.js';

const withRedis = needing('redis-server');
const stage = proofStage(succeeded);
const { start, questions } = stage;

describe("with mode passthrough, in a region that the gateway's own credentials read", () => {
  const projects = { alice: PROJECT, carol: PROJECT, erin: PROJECT, bob: 'project-2' };
  const passthrough = (): Promise<LocalReplica> => start({ access: { mode: 'passthrough' } });

  it.each(['plain', 'reload'])('tokens of the project: see its tasks, and others nothing: %s', async (how) => {
    const replica = await passthrough();
    stage.cloud.behave(identified(projects, succeeded));
    const headers = how === 'reload' ? RELOAD : {};
    expect(slugOf(await replica.ask(read('alice', 'shared', 'task-1', headers)))).toBe('live');
    expect(slugOf(await replica.ask(read('carol', 'shared')))).toBe('cache');
    const asked = stage.cloud.calls.filter(({ service }) => service === 'ims').length;
    const bob = await replica.ask(read('bob', 'shared', 'task-1', headers));
    expect([bob.status, slugOf(bob)]).toEqual([403, 'permission-denied']);
    const mallory = await replica.ask(read('mallory', 'shared', 'task-1', headers));
    expect([mallory.status, slugOf(mallory)]).toEqual([401, 'upstream-credentials-rejected']);
    expect(mallory.headers['www-authenticate']).toBe('X-Auth-Token realm="task-gateway"');
    expect([bob, mallory].filter(({ text }) => text.includes(secretOf(PROJECT)))).toEqual([]);
    // The gateway's credentials have asked for nobody but those who may see the answer, and never with their tokens.
    const services = stage.cloud.calls.filter(({ service }) => service === 'ims');
    expect([services.length, services.map(({ token }) => token)]).toEqual([
      asked,
      Array.from({ length: asked }, () => null),
    ]);
  });

  it('identity service unavailable: 503, unless a proof lives', async () => {
    const replica = await passthrough();
    stage.cloud.behave(identified(projects, succeeded));
    await replica.ask(read('alice', 'shared'));
    stage.cloud.behave((call) => (call.service === 'iam' ? unavailable : succeeded(call)));
    expect(slugOf(await replica.ask(read('alice', 'shared', 'task-2')))).toBe('live');
    const carol = await replica.ask(read('carol', 'shared'));
    expect([carol.status, slugOf(carol)]).toEqual([503, 'upstream-unavailable']);
    stage.clock.advance(PROOF_SECONDS * 1_000);
    const ended = await replica.ask(read('alice', 'shared'));
    expect([ended.status, slugOf(ended)]).toEqual([503, 'upstream-unavailable']);
  });

  it('proof: ends with what the cloud said of the token, and when it is voided', async () => {
    const replica = await passthrough();
    stage.cloud.behave(identified(projects, succeeded));
    await replica.ask(read('alice', 'shared'));
    // Shown to the cloud again once in the configured time, whatever is remembered of the token besides.
    for (const part of [0.5, 0.5]) {
      stage.clock.advance(PROOF_SECONDS * 1_000 * part);
      await replica.ask(read('alice', 'shared'));
    }
    expect(questions()).toEqual(['iam alice', 'ims null', 'iam alice']);
    await replica.app.get(TaskCache).purge({ kind: 'principal', principal: ALICE });
    stage.cloud.behave(identified({}, succeeded));
    expect(slugOf(await replica.ask(read('alice', 'shared')))).toBe('upstream-credentials-rejected');
  });

  withRedis.it('the end of one proof is not the failure of those who share a question with its bearer', async () => {
    const redis = await startRedis();
    stage.cleanups.push(redis.stop);
    const options = { access: { mode: 'passthrough' }, redis: redis.url };
    const [first, second] = [await start(options), await start(options)];
    const gate = closedGate();
    stage.cloud.behave(
      identified(projects, async (call) => {
        await gate.opened;
        return succeeded(call);
      }),
    );
    const servicesAsked = (): number => stage.cloud.calls.filter(({ service }) => service === 'ims').length;
    const leading = first.ask(read('carol', 'shared'));
    await eventually(() => servicesAsked() === 1);
    // On the other replica Alice begins to wait for that answer, and Erin joins her.
    const waiting = [second.ask(read('alice', 'shared')), second.ask(read('erin', 'shared'))];
    await eventually(() => questions().includes('iam erin'));
    await haveRead([second]);
    await second.app.get(TaskCache).purge({ kind: 'principal', principal: ALICE });
    const { calls } = stage.cloud;
    stage.cloud.behave(identified({ erin: PROJECT }, succeeded));
    gate.open();
    const replies = await Promise.all([leading, ...waiting]);
    expect(replies.map(({ status }) => status)).toEqual([200, 401, 200]);
    expect([calls, stage.cloud.calls].flat().filter(({ service }) => service === 'ims')).toHaveLength(1);
  });
});
