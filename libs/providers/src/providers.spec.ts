import { describe, expect, it } from '@jest/globals';
import { isDone, readAnswer, resultOf, scopePatternOf, statusOf, TASK_STATUSES } from '@gateway/tasks';
import type { NormalizeResult, Provider, ScopeMember, TaskData } from '@gateway/tasks';
import fc from 'fast-check';
import { PROVIDERS } from './index.js';
import { describedProviders, loadFixtures } from './testing/fixtures.js';
import type { Fixture } from './testing/fixtures.js';
import { bodiesWith, mutatedBody, mutation } from './testing/mutated-body.js';

/** The same bodies on every machine. */
const SEED = 20_261_128;

it('the list of providers: has every folder with fixtures, each once', () => {
  expect(PROVIDERS.map(({ id }) => id).toSorted()).toEqual(describedProviders());
});

describe.each(PROVIDERS.map((provider) => [provider.id, provider] as const))('provider %s', (id, provider) => {
  const fixtures = loadFixtures(id);

  it.each(fixtures.map((fixture) => [`${fixture.name}: ${fixture.title}`, fixture] as const))(
    '%s',
    (_title, fixture) => {
      expect(readAnswer(provider, fixture.reply.body, fixture.request.id)).toEqual(readingOf(fixture));
    },
  );

  it('a body that names another task: is not taken for the one asked about', () => {
    if (provider.echoesId === false) return;
    for (const { reply } of fixtures) expect(readAnswer(provider, reply.body, 'another').kind).not.toBe('task');
  });

  it('every word of the status map: has a fixture', () => {
    const shown = new Set(fixtures.flatMap(({ task }) => (task === undefined ? [] : [task.upstreamStatus])));
    expect(Object.keys(provider.statuses).filter((word) => !shown.has(word))).toEqual([]);
  });

  it('status map: leads to known states only, and takes no word from the prototype', () => {
    for (const status of Object.values(provider.statuses)) expect(TASK_STATUSES).toContain(status);
    for (const word of ['', 'constructor', '__proto__', 'toString'])
      expect(statusOf(provider.statuses, word)).toBe('unknown');
  });

  it('path: has exactly the members that the description declares', () => {
    const members = [...provider.path.matchAll(/\{\+?(\w+)\}/g)].map(([, member]) => member);
    expect(members.toSorted()).toEqual([...provider.scope, 'id'].toSorted());
  });

  it('kinds of results: each named once, after the provider', () => {
    const kinds = (provider.results ?? []).map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(kinds.length);
    for (const kind of kinds) expect(kind).toMatch(new RegExp(`^${provider.id}\\.[a-z][A-Za-z0-9]*$`));
  });

  it('path: is the one that the documentation gives', () => {
    // A member with slashes stands for several of the documentation's.
    const blank = (path: string) => path.replace(/\{\w+\}/g, '{}').replace(/\{\}(?:\/\{\})+|\{\+\w+\}/g, '{+}');
    const documented = fixtures.flatMap(({ request: { path = [] } }) => path);
    expect([...new Set(documented.map(blank))]).toEqual([blank(provider.path)]);
  });

  it('id pattern: accepts the ids of fixtures, and none that could leave the path', () => {
    for (const { request } of fixtures) expect(request.id).toMatch(provider.idPattern);
    for (const id of ['', '.', '..', 'a/b', 'a?b', 'a#b', 'a%2fb', 'a b', 'a\n', '\u0000', '-a', 'ä', 'x'.repeat(65)])
      expect(id).not.toMatch(provider.idPattern);
  });

  it('example: the first fixture, with its scope but for a project that looks as in most clouds', () => {
    const { id: exampleId, ...members } = provider.example;
    expect(exampleId).toBe(fixtures[0]?.request.id);
    expect(fixtures[0]?.task).toBeDefined();
    const special = provider.scope.filter((member) => member !== 'projectId' || provider.scopePatterns?.projectId);
    expect(Object.keys(members).toSorted()).toEqual(special.toSorted());
    for (const [member, value] of Object.entries(members))
      expect(value).toMatch(scopePatternOf(provider, member as ScopeMember));
  });

  it('patterns of scope members: accept none that could leave the path', () => {
    for (const member of provider.scope)
      for (const value of [
        '',
        '.',
        '..',
        '/',
        '/a',
        'a/',
        'a//b',
        'a/..',
        '../a',
        './a',
        'a/./b',
        'a?b/c',
        'a/b#c',
        'a/b\n',
      ])
        expect(value).not.toMatch(scopePatternOf(provider, member));
  });

  it('a mutated body: never throws, and what is read keeps the rules of a task', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fixtures), fc.array(mutation, { maxLength: 3 }), (fixture, mutations) => {
        const reading = readAnswer(provider, mutatedBody(fixture.reply.body, mutations), fixture.request.id);
        if (reading.kind !== 'task') return;
        expectRules(provider, reading.task);
        if (reading.artifact !== null) expect(provider.artifactTypes).toContain(reading.artifact.mediaType);
      }),
      { numRuns: 500, seed: SEED },
    );
  });

  it('an object that cannot be written as text, at each place of a body: never throws', () => {
    for (const { reply, request } of fixtures)
      for (const body of bodiesWith(reply.body, { toString: 1, valueOf: 1, length: -1 })) {
        const reading = readAnswer(provider, body, request.id);
        if (reading.kind === 'task') expectRules(provider, reading.task);
      }
  });

  it('a mutated body that no longer tells of a success: is read as none', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fixtures), fc.array(mutation, { maxLength: 3 }), (fixture, mutations) => {
        const body = mutatedBody(fixture.reply.body, mutations);
        const reading = readAnswer(provider, body, fixture.request.id);
        if (reading.kind !== 'task') return;
        const { status, upstreamStatus } = reading.task;
        expect(status).toBe(statusOf(provider.statuses, upstreamStatus));
        if (status === 'succeeded') expect(JSON.stringify(body)).toContain(upstreamStatus);
      }),
      { numRuns: 500, seed: SEED },
    );
  });

  it('a secret in any object of a body: is in no task that is read', () => {
    const secret = 'hunter2-0123456789';
    fc.assert(
      fc.property(fc.constantFrom(...fixtures), fc.nat(), (fixture, at) => {
        const body = mutatedBody(fixture.reply.body, [{ at, how: 'secret', value: secret }]);
        const reading = readAnswer(provider, body, fixture.request.id);
        if (reading.kind === 'task') expect(JSON.stringify(reading.task)).not.toContain(secret);
      }),
      { numRuns: 300, seed: SEED },
    );
  });

  it('a secret in any text of a body: is in nothing that a task says of itself', () => {
    const secret = 'hunter2-0123456789';
    for (const { reply, request } of fixtures)
      for (const body of bodiesWith(reply.body, ` password=${secret}`, 'append')) {
        const reading = readAnswer(provider, body, request.id);
        if (reading.kind !== 'task') continue;
        const { result, parameters, error } = reading.task;
        expect(JSON.stringify([result, parameters, error])).not.toContain(secret);
      }
  });

  it.each([undefined, null, '', 'text', 0, true, [], [[]], {}, { __proto__: null }])(
    'the body %p: is not taken for a task',
    (body) => {
      expect(readAnswer(provider, body, 'x').kind).not.toBe('task');
    },
  );
});

function readingOf({ task, artifact, reading }: Fixture): NormalizeResult {
  if (task !== undefined) return { kind: 'task', task, artifact: artifact ?? null };
  if (reading === undefined) throw new Error('a fixture needs a task or a reading');
  return { kind: reading };
}

function expectRules(provider: Provider, task: TaskData): void {
  expect(task.done).toBe(isDone(task.status));
  expect(task.outcome === null).toBe(!task.done);
  expect(task.error !== null).toBe(task.status === 'failed');
  if (!task.done) expect([task.endedAt, task.result]).toEqual([null, null]);
  if (task.status === 'failed') expect(task.result).toBeNull();
  expect(task.progress?.percent ?? 0).toBe(Math.trunc(task.progress?.percent ?? 0));
  if (task.progress?.percent === 100) expect(task.status).toBe('succeeded');
  for (const time of [task.createdAt, task.startedAt, task.updatedAt, task.endedAt])
    if (time !== null) expect(new Date(time).toISOString()).toBe(time);
  const documented = resultOf(provider.results ?? [], task.type);
  if (documented !== undefined && task.result !== null)
    expect(Object.keys(task.result).toSorted()).toEqual(Object.keys(documented.members).toSorted());
  for (const child of task.children) expectRules(provider, child);
}
