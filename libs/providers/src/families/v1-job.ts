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

/** What a service of the family adds to it. */
export interface V1JobService extends Pick<Provider, 'id' | 'title' | 'service' | 'errors' | 'documentation'> {
  readonly taskTypes: Readonly<
    Record<
      string,
      {
        readonly title: string;
        /** What the task has done with its resources when it has succeeded. */ readonly action?: string;
      }
    >
  >;
  /** Resource types by the member of `entities` that holds an id. */
  readonly resources: Readonly<Record<string, string>>;
  /** What tasks of the documented types bring, read from `entities`. */
  readonly result: {
    readonly kind: string;
    readonly members: Readonly<Record<string, DescribedSchema>>;
    readonly read: (entities: JsonObject) => JsonObject;
  };
  /** Failure codes whose text is not clear. */
  readonly failures?: FailureTable;
  readonly poll?: Provider['poll'];
}

/** Describes a service of the compute family whose tasks are jobs of the v1 form, sub-jobs in `entities.sub_jobs`. */
export function v1Job(service: V1JobService): Provider {
  const { taskTypes, resources: _resources, result, failures: _failures, poll, ...manifest } = service;
  const described = describeMembers(result);
  return {
    ...manifest,
    path: '/v1/{projectId}/jobs/{id}',
    scope: ['projectId'],
    idPattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
    statuses: V1_JOB_STATUSES,
    taskTypes: Object.fromEntries(
      Object.entries(taskTypes).map(([type, { title }]) => [type, { title, result: described }]),
    ),
    results: [{ kind: result.kind, types: Object.keys(taskTypes), members: result.members }],
    limits: { bodyBytes: 2 * 1024 * 1024 },
    retentionSeconds: null,
    visibilitySeconds: 0,
    poll: poll ?? { minSeconds: 5, maxSeconds: 30 },
    normalize: (body) =>
      isObject(body) ? { kind: 'task', task: readJob(body, service), artifact: null } : { kind: 'unrecognized' },
  };
}

function readJob(job: JsonObject, service: V1JobService): TaskData {
  const { result, taskTypes, failures } = service;
  const entities = asObject(job['entities']);
  const children = asObjects(entities['sub_jobs']).map((child) => readJob(child, service));
  const outer = readV1Job(job, ['iso']);
  const { type } = outer;
  const known = type !== null && Object.hasOwn(taskTypes, type) ? taskTypes[type] : undefined;
  return completeTask({
    ...outer,
    result: known === undefined ? redactObject(entities) : result.read(entities),
    error: taskErrorOf(
      firstText(job, 'error_code'),
      firstText(job, 'fail_reason') ?? firstText(entities, 'errorcode_message'),
      children,
      failures,
    ),
    // A job that runs or failed has not done it.
    resources: readResources(entities, service, outer.status === 'succeeded' ? known?.action : undefined, children),
    counts: countChildren(children),
    children,
  });
}

/** The members that all jobs of the family have, one level of them. */
export function readV1Job(
  job: JsonObject,
  times: readonly TimeFormat[],
): PartialTask & { readonly type: string | null } {
  const upstreamStatus = asText(job['status']) ?? '';
  return {
    id: asText(job['job_id']) ?? '',
    status: statusOf(V1_JOB_STATUSES, upstreamStatus),
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

/** Everything that the job or a sub-job names, once. */
function readResources(
  entities: JsonObject,
  { resources }: V1JobService,
  action: string | undefined,
  children: readonly TaskData[],
): readonly TaskResource[] {
  const name = asText(entities['name']);
  const own = Object.entries(resources).flatMap(([member, type]) => {
    const id = asText(entities[member]);
    const more = { ...(name === null ? {} : { name }), ...(action === undefined ? {} : { action }) };
    return id === null ? [] : [{ type, id, ...more }];
  });
  const all = [...own, ...children.flatMap((child) => child.resources)];
  return all.filter(({ type, id }, at) => all.findIndex((other) => other.type === type && other.id === id) === at);
}
