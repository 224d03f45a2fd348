import {
  asNumber,
  asObject,
  asObjects,
  asText,
  completeTask,
  isObject,
  parseTime,
  SCOPE_PATTERN,
  statusOf,
  taskError,
  taskTypesOf,
} from '@gateway/tasks';
import type { DescribedSchema, JsonObject, NormalizeResult, Provider, TaskData, TaskStatus } from '@gateway/tasks';

/** Words of all services of the family. */
const STATUSES: Readonly<Record<string, TaskStatus>> = {
  Running: 'running',
  Completed: 'succeeded',
  Failed: 'failed',
};

/** What a service of the family adds to it. */
export interface V3JobService extends Pick<
  Provider,
  'id' | 'title' | 'service' | 'example' | 'errors' | 'documentation'
> {
  /** `/v3/{projectId}/jobs?id={id}` if left out. */
  readonly path?: string;
  /** Further status words. */
  readonly statuses?: Readonly<Record<string, TaskStatus>>;
  /** What the service calls the members that no two services call alike. */
  readonly members: { readonly created: string; readonly ended: string; readonly progress: string };
  /** Whether even a single job comes in a list. */
  readonly isList?: boolean;
  readonly taskTypes: Readonly<
    Record<
      string,
      {
        readonly title: string;
        /** What the task has done with its instance when it has succeeded. */ readonly action?: string;
      }
    >
  >;
  /** What tasks of the documented types bring, read from `entities`; left out where the service has no such member. */
  readonly result?: {
    readonly kind: string;
    readonly members: Readonly<Record<string, DescribedSchema>>;
    readonly read: (entities: JsonObject) => JsonObject;
  };
  /** 30 days if left out. */
  readonly retentionSeconds?: null;
}

const DAYS_30 = 30 * 86_400;

/** Describes a database service whose tasks are jobs of the v3 form, each about one instance. */
export function v3Job(service: V3JobService): Provider {
  const { id, title, example, documentation, errors, taskTypes, result } = service;
  return {
    id,
    title,
    service: service.service,
    path: service.path ?? '/v3/{projectId}/jobs?id={id}',
    scope: ['projectId'],
    idPattern: SCOPE_PATTERN,
    example,
    statuses: { ...STATUSES, ...service.statuses },
    taskTypes: taskTypesOf(taskTypes, result?.members),
    ...(result === undefined
      ? {}
      : { results: [{ kind: result.kind, types: Object.keys(taskTypes), members: result.members }] }),
    errors,
    limits: { bodyBytes: 2 * 1024 * 1024 },
    retentionSeconds: service.retentionSeconds === undefined ? DAYS_30 : null,
    // "Several seconds" by the pages of most; the others have the same task center.
    visibilitySeconds: 30,
    poll: { minSeconds: 10, maxSeconds: 60 },
    documentation,
    normalize: (body, asked) => (service.isList === true ? readList(body, asked, service) : readObject(body, service)),
  };
}

function readObject(body: unknown, service: V3JobService): NormalizeResult {
  const job = asObject(body)['job'];
  return isObject(job) ? { kind: 'task', task: readJob(job, service), artifact: null } : { kind: 'unrecognized' };
}

/** A list that was asked for with an id has one job or none. */
function readList(body: unknown, id: string, service: V3JobService): NormalizeResult {
  const { jobs: sent, total_count: count } = asObject(body);
  // An empty list also comes as null, or not at all beside its count.
  const jobs = sent ?? (asNumber(count) === 0 ? [] : undefined);
  if (!Array.isArray(jobs)) return { kind: 'unrecognized' };
  if (jobs.length === 0) return { kind: 'not-found' };
  const tasks = asObjects(jobs).map((job) => readJob(job, service));
  const [task = tasks[0], ...again] = tasks.filter((candidate) => candidate.id === id);
  // One id with two states tells none of them.
  if (task === undefined || again.some(({ upstreamStatus }) => upstreamStatus !== task.upstreamStatus))
    return { kind: 'unrecognized' };
  return { kind: 'task', task, artifact: null };
}

function readJob(job: JsonObject, { statuses, members, taskTypes, result }: V3JobService): TaskData {
  const upstreamStatus = asText(job['status']) ?? '';
  const status = statusOf({ ...STATUSES, ...statuses }, upstreamStatus);
  // Some names begin with a blank.
  const type = asText(job['name']);
  const known = type !== null && Object.hasOwn(taskTypes, type) ? taskTypes[type] : undefined;
  const entities = asObject(job['entities']);
  const read = known === undefined ? (all: JsonObject) => all : result?.read;
  const instance = asObject(job['instance']);
  const [id, name] = [asText(instance['id']), asText(instance['name'])];
  // A job that runs or failed has not done it.
  const action = status === 'succeeded' ? known?.action : undefined;
  return completeTask({
    id: asText(job['id']) ?? '',
    status,
    upstreamStatus,
    type,
    progress: { percent: asNumber(job[members.progress]), step: null },
    createdAt: parseTime(job[members.created], ['iso']),
    // Sent while a job still runs, too.
    endedAt: parseTime(job[members.ended], ['iso']),
    result: Object.keys(entities).length === 0 || read === undefined ? null : read(entities),
    error: taskError(null, asText(job['fail_reason'])),
    resources:
      id === null
        ? []
        : [
            {
              type: 'database-instance',
              id,
              ...(name === null ? {} : { name }),
              ...(action === undefined ? {} : { action }),
            },
          ],
  });
}
