import type { TaskScope } from './task.js';

/** What tells one task from all others. */
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
