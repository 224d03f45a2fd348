import {
  asObject,
  asObjects,
  asText,
  completeTask,
  firstText,
  isObject,
  parseTime,
  REDACTED,
  statusOf,
} from '@gateway/tasks';
import type { JsonObject, NormalizeResult, TaskData, TaskProgress, TaskResource, TaskStatus } from '@gateway/tasks';
import { allResources, countChildren, taskErrorOf } from '../families/sub-jobs.js';
import { CCE_STATUSES, CCE_TASK_TYPES } from './cce.vocabulary.js';

/** Reads a job in the form of a Kubernetes resource, of either version; sub-jobs are whole jobs, to any depth. */
export function normalizeCceJob(body: unknown): NormalizeResult {
  return isObject(body) ? { kind: 'task', task: readJob(body), artifact: null } : { kind: 'unrecognized' };
}

/** What a job is about. */
interface Spec {
  readonly type: string | null;
  readonly clusterId: string | null;
  readonly resourceId: string | null;
  readonly resourceName: string | null;
  readonly extend: JsonObject;
}

function readJob(job: JsonObject): TaskData {
  const [metadata, spec, state] = [asObject(job['metadata']), asObject(job['spec']), asObject(job['status'])];
  const upstreamStatus = firstText(state, 'phase', 'status') ?? '';
  const status = statusOf(CCE_STATUSES, upstreamStatus);
  const about = readSpec(spec);
  const children = asObjects(spec['subJobs'] ?? spec['subjobs']).map(readJob);
  const updatedAt = parseTime(metadata['updateTimestamp'], ['iso']);
  return completeTask({
    id: asText(metadata['uid']) ?? '',
    status,
    upstreamStatus,
    type: about.type,
    progress: readProgress(status, children),
    createdAt: parseTime(metadata['creationTimestamp'], ['iso']),
    updatedAt,
    // Version 3 tells no end: a job that is done does not change any more.
    endedAt: parseTime(state['completionTime'], ['iso']) ?? updatedAt,
    result: readResult(about, spec),
    error: taskErrorOf(null, asText(state['reason']), children),
    resources: readResources(about, status, children),
    counts: countChildren(children),
    children,
  });
}

/** Version 2 writes the same members in lower case. */
function readSpec(spec: JsonObject): Spec {
  return {
    type: asText(spec['type']),
    clusterId: firstText(spec, 'clusterUID', 'clusteruid'),
    resourceId: firstText(spec, 'resourceID', 'resourceid'),
    resourceName: firstText(spec, 'resourceName', 'resourcename'),
    extend: withoutOrders(asObject(spec['extendParam'] ?? spec['extendparam'])),
  };
}

function readResult({ type, extend, ...ids }: Spec, spec: JsonObject): JsonObject {
  if (type !== null && Object.hasOwn(CCE_TASK_TYPES, type))
    return { ...ids, extend: Object.keys(extend).length === 0 ? null : extend };
  const { type: _, subJobs: _v3, subjobs: _v2, extendParam: _extend, extendparam: _lower, ...others } = spec;
  return { ...others, extendParam: extend };
}

/** The number of an order is about what somebody bought. */
function withoutOrders(extend: JsonObject): JsonObject {
  const entries = Object.entries(extend);
  return Object.fromEntries(entries.map(([name, value]) => [name, /order/i.test(name) ? REDACTED : value]));
}

/** The sub-job that runs, or the one that made the job fail, however deep. Nothing tells how far it is. */
function readProgress(status: TaskStatus, children: readonly TaskData[]): TaskProgress | null {
  if (status === 'succeeded') return null;
  const decisive = status === 'failed' ? 'failed' : 'running';
  const child = children.find((other) => other.status === decisive);
  return child === undefined ? null : { percent: null, step: child.progress?.step ?? child.type };
}

/** Everything that the job or a sub-job names, once. */
function readResources(about: Spec, status: TaskStatus, children: readonly TaskData[]): readonly TaskResource[] {
  const { type, clusterId, resourceId, resourceName, extend } = about;
  const { resource, action } = (Object.hasOwn(CCE_TASK_TYPES, type ?? '') ? CCE_TASK_TYPES[type ?? ''] : null) ?? {};
  const serverId = firstText(extend, 'serverID', 'serverid');
  const more = {
    ...(resourceName === null ? {} : { name: resourceName }),
    // A job that runs or failed has not done it.
    ...(action === undefined || status !== 'succeeded' ? {} : { action }),
  };
  const own = [
    ...(resourceId === null || resource === undefined ? [] : [{ type: resource, id: resourceId, ...more }]),
    ...(clusterId === null ? [] : [{ type: 'cluster', id: clusterId }]),
    ...(serverId === null ? [] : [{ type: 'server', id: serverId }]),
  ];
  return allResources(own, children);
}
