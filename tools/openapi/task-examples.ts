import { Problem, problemDocument, PROBLEMS } from '@gateway/problems';
import { findProvider } from '@gateway/providers';
import { describedProviders, loadFixtures } from '@gateway/providers/testing';
import { TaskAddress } from '@gateway/tasks';
import type { ScopeMember, Task, TaskData } from '@gateway/tasks';
import { etagOf, presentTask, versionOf } from '../../apps/gateway/src/tasks/task-body.js';
import { CONTEXT } from './problem-examples.js';
import type { Examples } from './problem-examples.js';

const OBSERVED_AT = '2026-11-21T09:30:00.000Z';
const SCOPE = {
  region: 'eu-de',
  projectId: '0605767b4c80d5a02fa9c01b4b5b8c40',
  instanceId: '9a1c0d2e-5b7f-4c1a-8e3d-6f4b2a7c9d10',
};
/** Tasks of every provider as callers get them, from the fixtures that also feed the specs: one for each state and outcome. */
export function taskExamples(): Examples {
  return Object.fromEntries(drawnTasks().map(({ name, title, task }) => [name, { summary: title, value: task }]));
}

/** A batch whose second item failed. */
export function batchExamples(): Examples {
  const [first] = drawnTasks();
  if (first === undefined) return {};
  const { task } = first;
  const { id, provider } = task;
  const missing = { provider, id: '00000000000000000000000000000000' };
  const problem = new Problem('task-not-found', { detail: PROBLEMS['task-not-found'].meaning, provider });
  const value = {
    items: [
      { kind: 'task', ref: { provider, id }, status: 200, etag: etagOf(task.version, 'full'), task },
      { kind: 'problem', ref: missing, status: problem.status, problem: problemDocument(problem, CONTEXT) },
    ],
  };
  return { 'found-and-missing': { summary: 'one task found, one that does not exist', value } };
}

/** What to send to get {@link batchExamples}. */
export function batchRequestExamples(): Examples {
  const tasks = drawnTasks()
    .filter(({ task }, index, all) => all.findIndex((other) => other.task.provider === task.provider) === index)
    .map(({ task: { provider, id } }) => ({ provider, id }));
  return { 'by-defaults': { summary: 'the configured defaults complete each scope', value: { tasks, view: 'basic' } } };
}

interface Drawn {
  readonly name: string;
  readonly title: string;
  readonly task: Task;
}

/** An exported API document would bury the rest; characters. */
const LONGEST = 3_500;

interface Shown {
  readonly name: string;
  readonly title: string;
  readonly provider: string;
  readonly hasArtifact: boolean;
  readonly task: TaskData;
}

function shownFixtures(): readonly Shown[] {
  return describedProviders().flatMap((provider) => {
    const seen = new Set<string>();
    return loadFixtures(provider).flatMap(({ name, title, task, artifact }) => {
      const kind = `${task?.status} ${task?.outcome}`;
      if (task === undefined || seen.has(kind) || JSON.stringify(task).length > LONGEST) return [];
      seen.add(kind);
      return [
        {
          name: `${provider}-${name.replace(/^\d+-/, '')}`,
          title,
          provider,
          hasArtifact: artifact !== undefined,
          task,
        },
      ];
    });
  });
}

function drawnTasks(): readonly Drawn[] {
  return shownFixtures().flatMap(({ name, title, provider: id, hasArtifact, task }) => {
    const provider = findProvider(id);
    if (provider === undefined) return [];
    const member = (which: ScopeMember): string | null => (provider.scope.includes(which) ? SCOPE[which] : null);
    const found = {
      target: {
        provider,
        address: new TaskAddress({
          provider: provider.id,
          region: SCOPE.region,
          projectId: member('projectId'),
          instanceId: member('instanceId'),
          id: task.id,
        }),
      },
      task,
      version: versionOf(task),
      hasArtifact,
      observedAt: OBSERVED_AT,
      source: 'live' as const,
    };
    return [{ name, title: `${id}: ${title}`, task: presentTask(found, Date.parse(OBSERVED_AT)) }];
  });
}
