import {
  asObject,
  asObjects,
  asText,
  completeTask,
  describeMembers,
  firstText,
  isObject,
  parseEmbedded,
  SCOPE_PATTERN,
} from '@gateway/tasks';
import type {
  FailureTable,
  JsonObject,
  DescribedSchema,
  Provider,
  TaskData,
  TaskResource,
  TaskStatus,
} from '@gateway/tasks';
import { JOB_STATUSES, readOuterJob } from './flat-job.js';
import { allResources, countChildren, taskErrorOf } from './sub-jobs.js';

/** A further word: the order of a prepaid server waits for its payment. It stays, even where the order is cancelled. */
export const PENDING_PAYMENT = { PENDING_PAYMENT: 'action_required' } as const;

/** Title of a task type, and what the task has done with its resources of each type when it has succeeded. */
export type V1JobType = readonly [title: string, actions?: Readonly<Record<string, string>>];

/** What a service of the family adds to it. */
export interface V1JobService
  extends
    Pick<Provider, 'id' | 'title' | 'service' | 'example' | 'errors' | 'documentation'>,
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

/** Describes a service of the compute family, whose tasks are flat jobs with `entities`: what they are about. */
export function v1Job(service: V1JobService): Provider {
  const { taskTypes, resources: _resources, result, failures: _failures, ...manifest } = service;
  const described = describeMembers(result);
  const statuses = { ...JOB_STATUSES, ...service.statuses };
  return {
    retentionSeconds: null,
    poll: { minSeconds: 5, maxSeconds: 30 },
    ...manifest,
    path: '/v1/{projectId}/jobs/{id}',
    scope: ['projectId'],
    idPattern: SCOPE_PATTERN,
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
  const { sub_jobs: within, ...ownEntities } = entities;
  const subJobs = [...asObjects(within), ...asObjects(job['sub_jobs'])];
  const outer = readOuterJob(job, { statuses, times: ['iso'] });
  const { type } = outer;
  const known = type !== null && Object.hasOwn(taskTypes, type) ? taskTypes[type] : undefined;
  // A job that runs or failed has not done it.
  const done = known === undefined ? parents : known[1];
  const actions = outer.status === 'succeeded' ? done : undefined;
  const children = subJobs.map((child) => readJob(child, service, actions));
  const resources = readResources(entities, service, actions, children);
  return completeTask({
    ...outer,
    result: known === undefined ? ownEntities : result.read(entities, resources),
    error: taskErrorOf(
      firstText(job, 'error_code'),
      readFault(entities) ?? firstText(job, 'fail_reason'),
      children,
      failures,
    ),
    resources,
    counts: countChildren(children),
    children,
  });
}

/** Why a sub-job failed, where its `fail_reason` names the step alone: a text, or a fault as `{"forbidden": {code, message}}`. */
function readFault(entities: JsonObject): string | null {
  const text = firstText(entities, 'errorcode_message');
  const fault = parseEmbedded(text);
  const [inner] = asObjects(Object.values(asObject(fault)));
  return (inner === undefined ? null : firstText(inner, 'message')) ?? text;
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
  return allResources(own, children);
}
