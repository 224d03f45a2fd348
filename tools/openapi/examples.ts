import { Problem, problemDocument, PROBLEM_SLUGS, PROBLEMS, validationFailed } from '@gateway/problems';
import type { ProblemContext, ProblemSlug } from '@gateway/problems';
import { loadFixtures } from '@gateway/providers/testing';
import { TaskAddress } from '@gateway/tasks';
import type { Task } from '@gateway/tasks';
import { EXAMPLE } from '../../apps/gateway/src/tasks/batch.dto.js';
import { SHOWN_PROVIDERS } from '../../apps/gateway/src/tasks/task.schemas.js';
import { presentTask, versionOf } from '../../apps/gateway/src/tasks/task-body.js';
import { etagOf } from '../../apps/gateway/src/tasks/task-reply.js';

type Examples = Readonly<Record<string, { readonly summary: string; readonly value: unknown }>>;

/** A request that never was. */
const CONTEXT: ProblemContext = {
  baseUrl: 'https://tasks.example.com',
  requestId: '3b241101-e2bb-4255-8caf-4136c566a962',
  instance: 'urn:uuid:3b241101-e2bb-4255-8caf-4136c566a962',
};
const OBSERVED_AT = '2026-11-21T09:30:00.000Z';

/** No documented operation has a wrong method, or serves files with parts and conditions; one is only known to items of a batch. */
export const UNDOCUMENTED: readonly ProblemSlug[] = [
  'answer-too-large',
  'method-not-allowed',
  'precondition-failed',
  'range-not-satisfiable',
];

/** One problem document for each slug. */
export function problemExamples(): Examples {
  return Object.fromEntries(
    PROBLEM_SLUGS.filter((slug) => !UNDOCUMENTED.includes(slug)).map((slug) => {
      const { title, meaning, retryable } = PROBLEMS[slug];
      const problem =
        slug === 'validation-failed'
          ? validationFailed([{ detail: 'view must be one of full, basic.', parameter: 'view' }])
          : new Problem(slug, { detail: meaning, retryAfterSeconds: retryable ? 5 : null });
      return [slug, { summary: title, value: problemDocument(problem, CONTEXT) }];
    }),
  );
}

/** An exported API document would bury the rest; characters. */
const LONGEST = 3_500;

interface Shown {
  readonly name: string;
  readonly summary: string;
  readonly value: Task;
}

/** Tasks as callers get them, from the fixtures that also feed the specs. */
const TASKS: readonly Shown[] = SHOWN_PROVIDERS.flatMap((provider) =>
  loadFixtures(provider.id).flatMap(({ name, title, task, artifact }) => {
    if (task === undefined || JSON.stringify(task).length > LONGEST) return [];
    const { region, projectId, instanceId } = EXAMPLE;
    const address = new TaskAddress({
      provider: provider.id,
      id: task.id,
      region,
      projectId: provider.scope.includes('projectId') ? projectId : null,
      instanceId: provider.scope.includes('instanceId') ? instanceId : null,
    });
    const version = versionOf(task);
    const found = {
      target: { provider, address },
      task,
      version,
      hasArtifact: artifact !== undefined,
      observedAt: OBSERVED_AT,
    };
    const value = presentTask({ ...found, source: 'live' }, Date.parse(OBSERVED_AT));
    return [{ name: `${provider.id}-${name.replace(/^\d+-/, '')}`, summary: `${provider.id}: ${title}`, value }];
  }),
);

const firstOfEach = (kindOf: (task: Task) => string): readonly Shown[] =>
  TASKS.filter(({ value }, at) => TASKS.findIndex((other) => kindOf(other.value) === kindOf(value)) === at);

/** One task for each provider, state and outcome. */
export function taskExamples(): Examples {
  const shown = firstOfEach(({ provider, status, outcome }) => `${provider} ${status} ${outcome}`);
  return Object.fromEntries(shown.map(({ name, summary, value }) => [name, { summary, value }]));
}

/** The task whose file the page of the document asks for. */
export function artifactExample(): { readonly provider: string; readonly id: string } {
  const [{ provider, id } = EXAMPLE] = TASKS.map(({ value }) => value).filter(({ links }) => links.artifact);
  return { provider, id };
}

/** What the page of the document sends: the first task of each provider. */
export function batchRequestExamples(): Examples {
  const tasks = firstOfEach(({ provider }) => provider);
  const value = { tasks: tasks.map(({ value: { provider, id } }) => ({ provider, id })), view: 'basic' };
  return { 'by-defaults': { summary: 'the configured defaults complete each scope', value } };
}

/** A batch whose second item failed. */
export function batchExamples(): Examples {
  const [first] = TASKS;
  if (first === undefined) throw new Error('there are no fixtures');
  const task = first.value;
  const { id, provider } = task;
  const missing = { provider, id: '00000000000000000000000000000000' };
  const problem = new Problem('task-not-found', { detail: PROBLEMS['task-not-found'].meaning, provider });
  const items = [
    { kind: 'task', ref: { provider, id }, status: 200, etag: etagOf(task.version, 'full'), task },
    { kind: 'problem', ref: missing, status: problem.status, problem: problemDocument(problem, CONTEXT) },
  ];
  return { 'found-and-missing': { summary: 'one task found, one that does not exist', value: { items } } };
}
