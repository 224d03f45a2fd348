import {
  asNumber,
  asObjects,
  asText,
  completeTask,
  isObject,
  parseTime,
  SCOPE_PATTERN,
  statusOf,
  taskTypesOf,
} from '@gateway/tasks';
import type { FailureTable, JsonObject, PartialTask, Provider, TaskData, TaskStatus, TimeFormat } from '@gateway/tasks';
import { countChildren, taskErrorOf } from './sub-jobs.js';

/** Words that several services share. */
export const JOB_STATUSES: Readonly<Record<string, TaskStatus>> = {
  INIT: 'pending',
  RUNNING: 'running',
  SUCCESS: 'succeeded',
  FAIL: 'failed',
};

/** What most services call the members of a job. Not every service has all of them. */
const MEMBERS = {
  id: 'job_id',
  type: 'job_type',
  status: 'status',
  begin: 'begin_time',
  end: 'end_time',
  code: 'error_code',
  reason: 'fail_reason',
  progress: 'progress',
  step: 'step',
  subJobs: 'sub_jobs',
};
type Members = Readonly<typeof MEMBERS>;

/** What a service of the family adds to it. */
export interface FlatJobService extends Pick<
  Provider,
  | 'id'
  | 'title'
  | 'service'
  | 'example'
  | 'path'
  | 'headers'
  | 'statuses'
  | 'errors'
  | 'missingIs404'
  | 'poll'
  | 'documentation'
> {
  /** Titles by raw task type. */
  readonly taskTypes: Readonly<Record<string, string>>;
  readonly times: readonly TimeFormat[];
  /** Members that this service calls otherwise. */
  readonly members?: Partial<Members>;
  /** Failure codes whose text is not clear. */
  readonly failures?: FailureTable;
}

/** Describes a service whose jobs are one object each: a word, a begin, an end and a reason, and no resources. */
export function flatJob({ taskTypes, times, members, failures, ...manifest }: FlatJobService): Provider {
  const form = { names: { ...MEMBERS, ...members }, statuses: manifest.statuses, times, failures };
  return {
    ...manifest,
    scope: ['projectId'],
    idPattern: SCOPE_PATTERN,
    taskTypes: taskTypesOf(taskTypes),
    limits: { bodyBytes: 2 * 1024 * 1024 },
    retentionSeconds: null,
    visibilitySeconds: 0,
    normalize: (body) =>
      isObject(body) ? { kind: 'task', task: readJob(body, form), artifact: null } : { kind: 'unrecognized' },
  };
}

/** How a service writes what every job says. */
interface JobForm {
  readonly statuses: Readonly<Record<string, TaskStatus>>;
  readonly times: readonly TimeFormat[];
  readonly names?: Members;
}

/** What every job says of itself: id, type, word, begin and end. */
export function readOuterJob(
  job: JsonObject,
  { statuses, times, names = MEMBERS }: JobForm,
): PartialTask & { readonly type: string | null } {
  const upstreamStatus = asText(job[names.status]) ?? '';
  return {
    id: asText(job[names.id]) ?? '',
    status: statusOf(statuses, upstreamStatus),
    upstreamStatus,
    type: asText(job[names.type]),
    startedAt: parseTime(job[names.begin], times),
    endedAt: parseTime(job[names.end], times),
  };
}

type FlatForm = Required<JobForm> & Pick<FlatJobService, 'failures'>;

function readJob(job: JsonObject, form: FlatForm): TaskData {
  const { names, failures } = form;
  const children = asObjects(job[names.subJobs]).map((child) => readJob(child, form));
  return completeTask({
    ...readOuterJob(job, form),
    progress: { percent: asNumber(job[names.progress]), step: asText(job[names.step]) },
    error: taskErrorOf(asText(job[names.code]), asText(job[names.reason]), children, failures),
    counts: countChildren(children),
    children,
  });
}
