import { describe, expect, it } from '@jest/globals';
import { PROVIDERS } from '@gateway/providers';
import { TaskAddress, completeTask } from '@gateway/tasks';
import type { Provider, TaskData } from '@gateway/tasks';
import fc from 'fast-check';
import { basicView, presentTask, versionOf, withSource } from './task-body.js';
import { etagOf } from './task-reply.js';
import type { FoundTask } from './task-body.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const OBSERVED = '2025-12-31T23:59:00.000Z';
const provider = PROVIDERS[0] as Provider;
const child = completeTask({ id: 'part', status: 'running', upstreamStatus: 'RUNNING' });
const facts = completeTask({
  id: 'x',
  status: 'succeeded',
  upstreamStatus: 'OK',
  parameters: { asked: true },
  result: { made: 1 },
  children: [child],
});

function found(more: Partial<FoundTask> = {}): FoundTask {
  const task = more.task ?? facts;
  const members = { provider: provider.id, region: 'eu', projectId: 'p', instanceId: 'i', id: task.id };
  const target = { provider, address: new TaskAddress(members) };
  return { target, task, version: versionOf(task), hasArtifact: false, observedAt: OBSERVED, source: 'live', ...more };
}

describe('versionOf', () => {
  it('is the same for the same task, and another for any other', () => {
    const some = fc.record({
      id: fc.string({ minLength: 1 }),
      status: fc.constantFrom('running', 'succeeded', 'failed'),
      upstreamStatus: fc.string(),
      type: fc.option(fc.string()),
    });
    fc.assert(
      fc.property(some, some, (one, other) => {
        const [first, second] = [completeTask(one), completeTask(other)];
        expect(versionOf(structuredClone(first))).toBe(versionOf(first));
        expect(versionOf(first) === versionOf(second)).toBe(JSON.stringify(first) === JSON.stringify(second));
      }),
    );
  });

  it.each([
    ['progress', { status: 'running', progress: { percent: 5, step: null } }],
    ['a result', { result: { made: 2 } }],
    ['an end', { endedAt: OBSERVED }],
    ['a sub-job', { children: [completeTask({ id: 'part', status: 'succeeded', upstreamStatus: 'OK' })] }],
  ] as const)('changes with %s', (_, change) => {
    expect(versionOf(completeTask({ ...facts, ...change }))).not.toBe(versionOf(facts));
  });

  it('can stand in an entity tag', () => {
    expect(etagOf(versionOf(facts), 'full')).toMatch(/^W\/"[\w-]{22}"$/);
    expect(etagOf(versionOf(facts), 'basic')).toMatch(/^W\/"[\w-]{22}\.basic"$/);
  });
});

describe('presentTask', () => {
  it('shows everything, sub-jobs like tasks', () => {
    const scope = { region: 'eu', projectId: 'p', instanceId: 'i' };
    const shared = { provider: provider.id, scope, observedAt: OBSERVED, source: 'live' };
    const { children: _none, ...shown } = child;
    expect(presentTask(found(), NOW)).toEqual({
      ...facts,
      ...shared,
      result: { kind: 'untyped', untyped: { made: 1 } },
      children: [{ ...shown, ...shared, pollAfterSeconds: provider.poll.minSeconds, version: versionOf(child) }],
      pollAfterSeconds: null,
      version: versionOf(facts),
      view: 'full',
      links: { self: '/tasks/apig/x?region=eu&projectId=p&instanceId=i' },
    });
  });

  it('shows sub-jobs of a sub-job right after it, in one list', () => {
    const job = (id: string, ...children: TaskData[]) =>
      completeTask({ id, status: 'running', upstreamStatus: 'RUNNING', children });
    const task = job('x', job('1', job('1.1', job('1.1.1'))), job('2'));
    const { children } = presentTask(found({ task }), NOW);
    expect(children.map(({ id }) => id)).toEqual(['1', '1.1', '1.1.1', '2']);
    for (const child of children) expect(child).not.toHaveProperty('children');
  });

  it('empties the long members in view basic, and keeps the version', () => {
    const full = presentTask(found(), NOW);
    const short = { view: 'basic', result: null, parameters: null, children: [] };
    expect(basicView(presentTask(found(), NOW))).toEqual({ ...full, ...short });
  });

  it('does not say of a basic view what was left out', () => {
    expect(Object.keys(basicView(presentTask(found(), NOW))).toSorted()).toEqual(
      Object.keys(presentTask(found(), NOW)).toSorted(),
    );
  });

  it('another source: changes that of sub-jobs too, and nothing else', () => {
    const live = presentTask(found(), NOW);
    const cached = presentTask(found({ source: 'cache' }), NOW);
    expect(withSource(live, 'cache')).toEqual(cached);
    expect(withSource(cached, 'live')).toEqual(live);
  });

  it('links to itself so that the whole scope can be read back from the URL', () => {
    const member = fc.option(fc.string({ minLength: 1 }));
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.string({ minLength: 1 }),
        member,
        member,
        fc.boolean(),
        (id, region, projectId, instanceId, hasArtifact) => {
          const task: TaskData = { ...facts, id };
          const address = new TaskAddress({ provider: provider.id, region, projectId, instanceId, id });
          const target = { provider, address };
          const { links } = presentTask(found({ task, target, hasArtifact }), NOW);
          const self = links.self.split('?') as [string, string];
          expect(decodeURIComponent(self[0].slice('/tasks/apig/'.length))).toBe(id);
          const query = new URLSearchParams(self[1]);
          expect([query.get('region'), query.get('projectId'), query.get('instanceId')]).toEqual([
            region,
            projectId,
            instanceId,
          ]);
          expect(links.artifact).toBe(hasArtifact ? `${self[0]}/artifact?${self[1]}` : undefined);
        },
      ),
    );
  });

  it('never changes what is remembered', () => {
    const frozen = Object.freeze({ ...facts, children: Object.freeze([Object.freeze({ ...child })]) });
    basicView(withSource(presentTask(found({ task: frozen }), NOW), 'cache'));
    expect(frozen).toEqual(facts);
  });
});
