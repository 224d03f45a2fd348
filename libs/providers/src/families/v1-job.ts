import {
  asObject,
  asObjects,
  asText,
  completeTask,
  describeMembers,
  firstText,
  isObject,
  parseTime,
  redactObject,
  statusOf,
  taskError,
} from '@gateway/tasks';
import type {
  FailureTable,
  JsonObject,
  DescribedSchema,
  PartialTask,
  Provider,
  TaskCounts,
  TaskData,
  TaskError,
  TaskResource,
  TaskStatus,
  TimeFormat,
} from '@gateway/tasks';

/** Words of all services of the family. */
export const V1_JOB_STATUSES: Readonly<Record<string, TaskStatus>> = {
  INIT: 'pending',
  RUNNING: 'running',
  SUCCESS: 'succeeded',
  FAIL: 'failed',
};

/** A further word: the order of a prepaid server waits for its payment. It stays, even where the order is cancelled. */
export const PENDING_PAYMENT = { PENDING_PAYMENT: 'action_required' } as const;

/** Title of a task type, and what the task has done with its resources of each type when it has succeeded. */
export type V1JobType = readonly [title: string, actions?: Readonly<Record<string, string>>];

/** What a service of the family adds to it. */
export interface V1JobService
  extends
    Pick<Provider, 'id' | 'title' | 'service' | 'errors' | 'documentation'>,
    Partial<Pick<Provider, 'poll' | 'retentionSeconds'>> {
  /** Words besides those of the family. */
  readonly statuses?: Readonly<Record<string, TaskStatus>>;
  readonly taskTypes: Readonly<Record<string, V1JobType>>;
  /** Members of `entities` that hold an id, or several with commas between; and the member that holds its name. */
  readonly resources: Readonly<Record<string, { readonly type: string; readonly name?: string }>>;
  /** What tasks of the documented types bring, read from `entities` and from all that the job and its sub-jobs name. */
  readonly result: {
    readonly kind: string;
    readonly members: Readonly<Record<string, DescribedSchema>>;
    readonly read: (entities: JsonObject, resources: readonly TaskResource[]) => JsonObject;
  };
  /** Failure codes whose text is not clear. */
  readonly failures?: FailureTable;
}

/** Describes a service of the compute family, whose tasks are jobs of the v1 form. */
export function v1Job(service: V1JobService): Provider {
  const { taskTypes, resources: _resources, result, failures: _failures, ...manifest } = service;
  const described = describeMembers(result);
  const statuses = { ...V1_JOB_STATUSES, ...service.statuses };
  return {
    retentionSeconds: null,
    poll: { minSeconds: 5, maxSeconds: 30 },
    ...manifest,
    path: '/v1/{projectId}/jobs/{id}',
    scope: ['projectId'],
    idPattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    statuses,
    taskTypes: Object.fromEntries(
      Object.entries(taskTypes).map(([type, [title]]) => [type, { title, result: described }]),
    ),
    results: [{ kind: result.kind, types: Object.keys(taskTypes), members: result.members }],
    limits: { bodyBytes: 2 * 1024 * 1024 },
    visibilitySeconds: 0,
    normalize: (body) =>
      isObject(body)
        ? { kind: 'task', task: readJob(body, { ...service, statuses }), artifact: null }
        : { kind: 'unrecognized' },
  };
}

/** @param parents what the parent has done, by type of resource: a sub-job of a type that nobody documents did that */
function readJob(job: JsonObject, service: V1JobService, parents?: V1JobType[1]): TaskData {
  const { result, taskTypes, failures, statuses = {} } = service;
  const entities = asObject(job['entities']);
  // The volume backup service has its sub-jobs beside `entities`.
  const subJobs = [...asObjects(entities['sub_jobs']), ...asObjects(job['sub_jobs'])];
  const outer = readV1Job(job, ['iso'], statuses);
  const { type } = outer;
  const known = type !== null && Object.hasOwn(taskTypes, type) ? taskTypes[type] : undefined;
  // A job that runs or failed has not done it.
  const done = known === undefined ? parents : known[1];
  const actions = outer.status === 'succeeded' ? done : undefined;
  const children = subJobs.map((child) => readJob(child, service, actions));
  const resources = readResources(entities, service, actions, children);
  return completeTask({
    ...outer,
    result: known === undefined ? redactObject(entities) : result.read(entities, resources),
    error: taskErrorOf(
      firstText(job, 'error_code'),
      firstText(job, 'fail_reason') ?? firstText(entities, 'errorcode_message'),
      children,
      failures,
    ),
    resources,
    counts: countChildren(children),
    children,
  });
}

/** The members that all jobs of the family have, one level of them. */
export function readV1Job(
  job: JsonObject,
  times: readonly TimeFormat[],
  statuses: Readonly<Record<string, TaskStatus>> = V1_JOB_STATUSES,
): PartialTask & { readonly type: string | null } {
  const upstreamStatus = asText(job['status']) ?? '';
  return {
    id: asText(job['job_id']) ?? '',
    status: statusOf(statuses, upstreamStatus),
    upstreamStatus,
    type: asText(job['job_type']),
    startedAt: parseTime(job['begin_time'], times),
    endedAt: parseTime(job['end_time'], times),
  };
}

/** The reason of a failed job: its own, else that of its first sub-job that has one. */
export function taskErrorOf(
  code: string | null,
  text: string | null,
  children: readonly TaskData[],
  failures?: FailureTable,
): TaskError {
  const reason = children.find(({ error }) => error !== null && (error.detail ?? error.upstream.code) !== null)?.error;
  return code === null && text === null && reason ? reason : taskError(code, text, failures);
}

/** Sub-jobs that have ended; null where none has. */
export function countChildren(children: readonly TaskData[]): TaskCounts | null {
  const ended = children.filter(({ done }) => done);
  const succeeded = ended.filter(({ outcome }) => outcome === 'success').length;
  return ended.length === 0 ? null : { succeeded, failed: ended.length - succeeded, ignored: 0 };
}

/** The id of the one resource of a type; null where there are several or none. */
export function onlyId(resources: readonly TaskResource[], wanted: string): string | null {
  const [first, ...others] = resources.filter(({ type }) => type === wanted);
  return first === undefined || others.length > 0 ? null : first.id;
}

/** Everything that the job or a sub-job names, once. */
function readResources(
  entities: JsonObject,
  { resources }: V1JobService,
  actions: V1JobType[1],
  children: readonly TaskData[],
): readonly TaskResource[] {
  const own = Object.entries(resources).flatMap(([member, { type, name: nameMember = '' }]) => {
    const name = firstText(entities, nameMember);
    const action = actions?.[type];
    const more = { ...(name === null ? {} : { name }), ...(action === undefined ? {} : { action }) };
    const ids = (asText(entities[member]) ?? '').split(',').map((id) => id.trim());
    return ids.filter(Boolean).map((id) => ({ type, id, ...more }));
  });
  const all = [...own, ...children.flatMap((child) => child.resources)];
  return all.filter(({ type, id }, at) => all.findIndex((other) => other.type === type && other.id === id) === at);
}
