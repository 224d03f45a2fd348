import { describe, expect, it } from '@jest/globals';
import type { Violation } from '@gateway/problems';
import { readBody } from '../http/read-body.js';
import { WatchTasksDto } from './watch.dto.js';

const TASK = { provider: 'ims', id: 'a' };

/** Pointers to what is wrong with a body. */
function pointersIn(body: unknown): readonly (string | undefined)[] {
  const violations: Violation[] = [];
  readBody(WatchTasksDto, body, violations);
  return violations.map(({ pointer }) => pointer);
}

describe('the body of a request for a stream', () => {
  it.each<[string, object]>([
    ['a task', { tasks: [TASK] }],
    ['a task and its version', { tasks: [{ ...TASK, version: 'aZ09_-' }] }],
    ['the longest version', { tasks: [{ ...TASK, version: 'v'.repeat(64) }] }],
    ['the whole scope', { tasks: [{ ...TASK, region: 'a', projectId: 'b', instanceId: 'c', version: 'd' }] }],
    ['100 tasks in full', { tasks: Array.from({ length: 100 }, () => TASK), view: 'full' }],
  ])('with %s: is read', (_, body) => {
    expect(pointersIn(body)).toEqual([]);
  });

  it.each<[string, unknown, readonly string[]]>([
    ['no body', null, ['']],
    ['a list', [TASK], ['']],
    ['no tasks', {}, ['/tasks']],
    ['an empty list', { tasks: [] }, ['/tasks']],
    ['101 tasks', { tasks: Array.from({ length: 101 }, () => TASK) }, ['/tasks']],
    ['a task that is none', { tasks: [TASK, 'a'] }, ['/tasks/1']],
    ['an empty task', { tasks: [{}] }, ['/tasks/0/provider', '/tasks/0/id']],
    ['another view', { tasks: [TASK], view: 'all' }, ['/view']],
    ['null as a view', { tasks: [TASK], view: null }, ['/view']],
    ['unknown members', { tasks: [{ ...TASK, etag: 'a' }], events: [] }, ['/events', '/tasks/0/etag']],
    ...['', 'v'.repeat(65), 'a b', 'W/"a"', 'a.basic', 'a\n', 'é', 7, null, ['a'], { a: 1 }].map(
      (version) =>
        [`version ${JSON.stringify(version)}`, { tasks: [TASK, { ...TASK, version }] }, ['/tasks/1/version']] as [
          string,
          unknown,
          readonly string[],
        ],
    ),
  ])('with %s: is refused, and says where', (_, body, pointers) => {
    expect(pointersIn(body).toSorted()).toEqual([...pointers].toSorted());
  });
});
