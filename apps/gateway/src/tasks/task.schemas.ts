import { PROVIDERS } from '@gateway/providers';
import { FAILURE_CODES, TASK_OUTCOMES, TASK_SOURCES, TASK_STATUSES, TASK_VIEWS } from '@gateway/tasks';
import { boolean, integer, integerOrNull, list, map, nullable, object, ref } from '@gateway/tasks';
import { resultMember, text, textOrNull, timeOrNull, UNTYPED } from '@gateway/tasks';
import type { ResultSchema, Schema } from '@gateway/tasks';

/** Of sets that grow the document shows the first few: it grows by what a provider brings, not by its tasks. */
export const SHOWN_PROVIDERS = PROVIDERS.slice(0, 3);

/** Route key of a provider. */
export const providerId = () =>
  text('Id of the provider, as in the path of its tasks.', {
    pattern: '^[a-z][a-z0-9-]*$',
    maxLength: 64,
    examples: SHOWN_PROVIDERS.map(({ id }) => id),
  });

/** What tasks of all providers bring, as far as it is described. */
const RESULTS = PROVIDERS.flatMap(({ title, results = [] }) =>
  results.map(({ kind, types, members }) => {
    const member = resultMember(kind);
    const name = `${member.slice(0, 1).toUpperCase()}${member.slice(1)}Result`;
    return { kind, member, name, schema: object(`What tasks of ${title}${ofTypes(types)} bring.`, members) };
  }),
);

function ofTypes(types: ResultSchema['types']): string {
  return types === 'any' ? '' : ` of type ${types.join(', ')}`;
}

/** Members that every task has, sub-jobs too. */
const MEMBERS: Readonly<Record<string, Schema>> = {
  id: text('Id of the task at the upstream, verbatim.'),
  provider: providerId(),
  scope: ref('TaskScope'),
  status: ref('TaskStatus'),
  done: boolean('Whether the task has ended: branch on this, not on a list of words.'),
  outcome: nullable(ref('TaskOutcome'), 'How the task ended; null until it is done.'),
  upstreamStatus: text("The upstream's own word for the status; empty where it sent none."),
  type: textOrNull("The upstream's own name for this type of tasks; null where it sent none.", {
    pattern: '^\\S',
    examples: SHOWN_PROVIDERS.flatMap(({ taskTypes }) => Object.keys(taskTypes).slice(0, 1)),
  }),
  progress: nullable(ref('TaskProgress'), 'How far the task is; null where the upstream does not say.'),
  createdAt: timeOrNull('When the upstream recorded the task, RFC 3339 in UTC.'),
  startedAt: timeOrNull('When the task began, RFC 3339 in UTC.'),
  updatedAt: timeOrNull("When the upstream's record of the task last changed, RFC 3339 in UTC."),
  endedAt: timeOrNull('When the task ended, RFC 3339 in UTC; null until it is done.'),
  parameters: nullable(ref('OpenObject'), 'What the task was asked to do, without secrets.'),
  result: nullable(
    ref('TaskResult'),
    'What the task brought; null until it is done, where it failed, and in the basic view.',
  ),
  error: nullable(ref('TaskError'), 'Why the task failed; null where it did not.'),
  resources: list('What the task made or touched.', ref('TaskResource')),
  counts: nullable(ref('TaskCounts'), 'How many items of the task ended how; null where it is not made of items.'),
  observedAt: text('When the upstream was really asked, RFC 3339 in UTC.', { format: 'date-time' }),
  source: ref('TaskSource'),
  pollAfterSeconds: integerOrNull(
    'Seconds until it is worth asking again, as in Retry-After; null when the task is done.',
  ),
  version: text('Changes when the task changes, and only then; the ETag is made of it.'),
};

/** One form for the tasks of all providers: a provider adds its kinds of results, and nothing else. */
export const TASK_SCHEMAS: Readonly<Record<string, Schema>> = {
  Task: object(
    'A task in one form for all providers. All members are always present; what is not known is null. Members, task ' +
      'types and kinds of results that you do not know may come with any release: go on without them.',
    {
      ...MEMBERS,
      children: list('Sub-jobs in the order of the upstream, those of a sub-job right after it.', ref('ChildTask')),
      view: ref('TaskView'),
      links: ref('TaskLinks'),
    },
  ),
  ChildTask: object('A sub-job: a task that cannot be asked for by itself.', MEMBERS),
  TaskResult: object(
    'What a task brought: `kind` names the one member beside it that holds it, as `apig.import` names `apigImport`. ' +
      `Results of types that no schema describes are of kind \`${UNTYPED}\`.`,
    {
      kind: text('Names the member that holds the result; later releases may bring further kinds.', {
        examples: [...RESULTS.map(({ kind }) => kind), UNTYPED],
      }),
      ...Object.fromEntries(RESULTS.map(({ member, name }) => [member, ref(name)])),
      [UNTYPED]: ref('OpenObject'),
    },
    [...RESULTS.map(({ member }) => member), UNTYPED],
  ),
  ...Object.fromEntries(RESULTS.map(({ name, schema }) => [name, schema])),
  TaskStatus: text('Life-cycle state. `unknown`: the upstream said a word that the gateway does not know.', {
    enum: [...TASK_STATUSES],
  }),
  TaskOutcome: text('How the task ended. `partial`: it succeeded, and some of its items failed.', {
    enum: [...TASK_OUTCOMES],
  }),
  TaskSource: text(
    'Where this answer came from: the upstream just now, the memory of the gateway, or its memory because the upstream ' +
      'is failing.',
    { enum: [...TASK_SOURCES] },
  ),
  TaskView: text('How much is shown: `basic` empties result, parameters and children.', { enum: [...TASK_VIEWS] }),
  OpenObject: map("Any members: they are the upstream's own, without secrets.", {}),
  TaskScope: object('What the upstream path needed besides the id; what it did not need is null.', {
    region: textOrNull('Name of the region that was asked.'),
    projectId: textOrNull('Project that the task belongs to.'),
    instanceId: textOrNull('Instance that the task belongs to.'),
  }),
  TaskProgress: object('How far a task is: at least one of the two is known.', {
    percent: integerOrNull('How much is done; 100 only when the task has succeeded.', { maximum: 100 }),
    step: textOrNull('What the task is doing, in the words of the upstream.'),
  }),
  TaskError: object('Why a task, or one of its items, failed.', {
    code: text('Reason, in one vocabulary for all providers.', { enum: [...FAILURE_CODES] }),
    detail: textOrNull("The upstream's text without secrets; null where it sent none."),
    upstream: object('The reason in the words of the upstream.', {
      code: textOrNull('Error code of the upstream as it was sent; null where none was.'),
    }),
  }),
  TaskResource: object(
    'Something that the task made or touched.',
    {
      type: text('Kind of resource, such as image or api.'),
      id: text('Id of the resource at the upstream.'),
      name: text('Name of the resource.'),
      action: text('What was done to the resource.'),
    },
    ['name', 'action'],
  ),
  TaskCounts: object('How many items of a task ended how.', {
    succeeded: integer('Number of items that succeeded.'),
    failed: integer('Number of items that failed.'),
    ignored: integer('Number of items that were left as they were.'),
  }),
  TaskLinks: object(
    'Where to go from here; each begins with a slash, and is relative to the gateway.',
    {
      self: text('This task, with everything that is needed to ask again elsewhere.'),
      artifact: text('The file that the task made; only where it made one.'),
    },
    ['artifact'],
  ),
};
