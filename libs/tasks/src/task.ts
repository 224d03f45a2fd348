/** Life-cycle state of a task. Extensible: clients branch on `done` and treat a word they do not know as `unknown`. */
export const TASK_STATUSES = [
  'pending',
  'running',
  'action_required',
  'succeeded',
  'failed',
  'cancelled',
  'unknown',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

/** How a finished task ended; `partial` means that it succeeded and some of its items failed. */
export const TASK_OUTCOMES = ['success', 'partial', 'failure', 'cancelled'] as const;
export type TaskOutcome = (typeof TASK_OUTCOMES)[number];

/** Why a task failed, in one vocabulary for all providers. */
export const FAILURE_CODES = [
  'ALREADY_EXISTS',
  'NOT_FOUND',
  'INVALID_REQUEST',
  'PERMISSION_DENIED',
  'QUOTA_EXCEEDED',
  'CONFLICT',
  'TIMED_OUT',
  'CANCELLED',
  'UPSTREAM_FAULT',
  'UNKNOWN',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Where an answer came from: the upstream just now, a stored final answer, or the last known one because the upstream is failing. */
export const TASK_SOURCES = ['live', 'cache', 'stale'] as const;
export type TaskSource = (typeof TASK_SOURCES)[number];

/** `basic` leaves out `result`, `parameters` and `children`. */
export const TASK_VIEWS = ['full', 'basic'] as const;
export type TaskView = (typeof TASK_VIEWS)[number];

/** What a region, a project, an instance or a task may be called, where its provider says nothing else. */
export const SCOPE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** What projects of any provider may be called: some clouds name them by a path, such as `owner/repository`. */
export const PROJECT_PATTERN = new RegExp(
  `${SCOPE_PATTERN.source}|^(?=.{3,256}$)(?!\\.{1,2}/)[\\w.-]+(?:/(?!\\.{1,2}(?:/|$))[\\w.-]+)+$`,
);

/** What an upstream path needs besides the task id; members that a provider does not use are null. */
export interface TaskScope {
  readonly region: string | null;
  readonly projectId: string | null;
  readonly instanceId: string | null;
}

/** Members that make one task different from all others. */
export interface TaskAddressMembers extends TaskScope {
  /** Id of the provider. */
  readonly provider: string;
  readonly region: string;
  /** As the upstream names it. */
  readonly id: string;
}

/** Where a task lives: two tasks are the same only if every member is equal. Members that a provider does not use are null. */
export class TaskAddress implements TaskAddressMembers {
  readonly provider: string;
  readonly region: string;
  readonly projectId: string | null;
  readonly instanceId: string | null;
  readonly id: string;
  /** Provider, region, project and instance as text: whoever may read one task of a scope may read all of them. */
  readonly scope: string;
  /** All members as text. A JSON array keeps `['a', 'b:c']` and `['a:b', 'c']` apart. */
  readonly key: string;

  constructor({ provider, region, projectId, instanceId, id }: TaskAddressMembers) {
    this.provider = provider;
    this.region = region;
    this.projectId = projectId;
    this.instanceId = instanceId;
    this.id = id;
    this.scope = JSON.stringify([provider, region, projectId, instanceId]);
    this.key = JSON.stringify([provider, region, projectId, instanceId, id]);
  }

  /** Another address: a spread of this one would keep its key, and is none. */
  with(changes: Partial<TaskAddressMembers>): TaskAddress {
    const { provider, region, projectId, instanceId, id } = this;
    return new TaskAddress({ provider, region, projectId, instanceId, id, ...changes });
  }
}

export interface TaskProgress {
  /** 0 to 100; 100 only when succeeded. Null when only the step is known. */
  readonly percent: number | null;
  readonly step: string | null;
}

export interface TaskError {
  readonly code: FailureCode;
  /** The upstream's text without secrets. */
  readonly detail: string | null;
  readonly upstream: { readonly code: string | null };
}

/** Something that the task made or touched. */
export interface TaskResource {
  readonly type: string;
  readonly id: string;
  readonly name?: string;
  readonly action?: string;
}

/** Items of a task that is made of items. */
export interface TaskCounts {
  readonly succeeded: number;
  readonly failed: number;
  readonly ignored: number;
}

export type JsonObject = { readonly [member: string]: unknown };

/** What a provider reads out of an upstream body; all times are RFC 3339 in UTC. */
export interface TaskData {
  readonly id: string;
  readonly status: TaskStatus;
  readonly done: boolean;
  readonly outcome: TaskOutcome | null;
  readonly upstreamStatus: string;
  readonly type: string | null;
  readonly progress: TaskProgress | null;
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  readonly updatedAt: string | null;
  readonly endedAt: string | null;
  readonly parameters: JsonObject | null;
  readonly result: JsonObject | null;
  readonly error: TaskError | null;
  readonly resources: readonly TaskResource[];
  readonly counts: TaskCounts | null;
  readonly children: readonly TaskData[];
}

/** What a task brought: `kind` names the one member beside it that holds it, as `apig.import` names `apigImport`. */
export interface TaskResult {
  readonly kind: string;
  readonly [member: string]: unknown;
}

/** A sub-job: a task that cannot be looked up by itself. Sub-jobs of sub-jobs stand beside it, not in it. */
export interface ChildTask extends Omit<TaskData, 'children' | 'result'> {
  readonly provider: string;
  readonly scope: TaskScope;
  readonly result: TaskResult | null;
  /** RFC 3339: time of the answer of the upstream. */
  readonly observedAt: string;
  readonly source: TaskSource;
  /** Seconds until it is worth asking again; null when done. */
  readonly pollAfterSeconds: number | null;
  /** Changes when the task changes. */
  readonly version: string;
}

/** The normalized task that the gateway serves. Every member is always present; what is not known is null. */
export interface Task extends ChildTask {
  readonly children: readonly ChildTask[];
  readonly view: TaskView;
  /** Path-absolute references; `artifact` only where the task made a file. */
  readonly links: { readonly self: string; readonly artifact?: string };
}
