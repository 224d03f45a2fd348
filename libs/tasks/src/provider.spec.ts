import { describe, expect, it } from '@jest/globals';
import { completeTask } from './complete-task.js';
import { readAnswer, scopePatternOf, taskTypesOf } from './provider.js';
import { PROJECT_PATTERN, SCOPE_PATTERN } from './task.js';
import type { Provider } from './provider.js';

function providerOf(named: string, echoesId?: boolean): Provider {
  const task = completeTask({ id: named, status: 'succeeded', upstreamStatus: 'DONE' });
  const normalize: Provider['normalize'] = () => ({ kind: 'task', task, artifact: null });
  return { ...({} as Provider), normalize, ...(echoesId === undefined ? {} : { echoesId }) };
}

describe('names of projects', () => {
  it.each([
    'ac234de25c6741d2b1273da49eea1b9e',
    '42',
    'a/b',
    'owner/repo.js',
    'group/sub-group/.github',
    '_a/-b',
    'a/...',
  ])('%j: is one of some provider', (name) => {
    expect(name).toMatch(PROJECT_PATTERN);
  });

  it.each([
    '',
    '.',
    '..',
    'a.b',
    '/',
    'a/',
    '/a',
    'a//b',
    './a',
    '../a',
    'a/..',
    'a/../b',
    'a/./b',
    'a%2Fb',
    'a/b?c',
    'a/b#c',
    'a\\b',
    'a /b',
    'a/b\n',
    'ä/b',
    `${'a/'.repeat(128)}b`,
  ])('%j: is of none', (name) => {
    expect(name).not.toMatch(PROJECT_PATTERN);
  });

  it('a provider that says nothing of a member: has the usual pattern', () => {
    const scopePatterns = { projectId: /^x$/ };
    expect(scopePatternOf({ scopePatterns }, 'projectId')).toBe(scopePatterns.projectId);
    for (const described of [{}, { scopePatterns }])
      expect(scopePatternOf(described, 'instanceId')).toBe(SCOPE_PATTERN);
  });
});

describe('task types by their titles', () => {
  it('alone or beside more: each has its title, and the members of the result in words', () => {
    const types = { start: 'A start', stop: { title: 'A stop', action: 'stopped' } };
    const result = { url: 'Where it runs.' };
    expect(taskTypesOf(types, { url: { type: 'string', description: 'Where it runs.' } })).toEqual({
      start: { title: 'A start', result },
      stop: { title: 'A stop', result },
    });
  });

  it('without members: nothing is known of the results', () => {
    expect(taskTypesOf({ start: 'A start' })).toEqual({ start: { title: 'A start', result: {} } });
  });
});

describe('an answer', () => {
  it('id that was asked for: the task', () => {
    expect(readAnswer(providerOf('a'), {}, 'a')).toMatchObject({ kind: 'task', task: { id: 'a', done: true } });
  });

  it('another id: another task', () => {
    for (const named of ['b', 'A', 'aa', ' ']) {
      expect(readAnswer(providerOf(named), {}, 'a')).toEqual({ kind: 'another-task' });
      expect(readAnswer(providerOf(named, true), {}, 'a')).toEqual({ kind: 'another-task' });
    }
  });

  it('no id: no known form', () => {
    expect(readAnswer(providerOf(''), {}, 'a')).toEqual({ kind: 'unrecognized' });
  });

  it('interface that echoes no id, or another one: the task that was asked for', () => {
    for (const named of ['', 'b'])
      expect(readAnswer(providerOf(named, false), {}, 'a')).toMatchObject({ kind: 'task', task: { id: 'a' } });
  });

  it('no task: stays what it is', () => {
    const normalize: Provider['normalize'] = () => ({ kind: 'not-found' });
    expect(readAnswer({ ...providerOf('', false), normalize }, {}, 'a')).toEqual({ kind: 'not-found' });
  });
});
