import { describe, expect, it } from '@jest/globals';
import { completeTask } from './complete-task.js';
import { readAnswer } from './provider.js';
import type { Provider } from './provider.js';

function providerOf(named: string, echoesId?: boolean): Provider {
  const task = completeTask({ id: named, status: 'succeeded', upstreamStatus: 'DONE' });
  const normalize: Provider['normalize'] = () => ({ kind: 'task', task, artifact: null });
  return { ...({} as Provider), normalize, ...(echoesId === undefined ? {} : { echoesId }) };
}

describe('an answer', () => {
  it('is about the task that it names', () => {
    expect(readAnswer(providerOf('a'), {}, 'a')).toMatchObject({ kind: 'task', task: { id: 'a', done: true } });
  });

  it('with another id is about another task', () => {
    for (const named of ['b', 'A', 'aa', ' ']) {
      expect(readAnswer(providerOf(named), {}, 'a')).toEqual({ kind: 'another-task' });
      expect(readAnswer(providerOf(named, true), {}, 'a')).toEqual({ kind: 'another-task' });
    }
  });

  it('without an id is about no task', () => {
    expect(readAnswer(providerOf(''), {}, 'a')).toEqual({ kind: 'unrecognized' });
  });

  it('of an interface that echoes no id, or another one, is about the task that was asked for', () => {
    for (const named of ['', 'b'])
      expect(readAnswer(providerOf(named, false), {}, 'a')).toMatchObject({ kind: 'task', task: { id: 'a' } });
  });

  it('that is no task stays what it is', () => {
    const normalize: Provider['normalize'] = () => ({ kind: 'not-found' });
    expect(readAnswer({ ...providerOf('', false), normalize }, {}, 'a')).toEqual({ kind: 'not-found' });
  });
});
