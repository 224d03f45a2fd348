import { map, nullable, textOrNull } from '@gateway/tasks';
import type { DescribedSchema, TaskStatus } from '@gateway/tasks';

export const CCE_STATUSES: Readonly<Record<string, TaskStatus>> = {
  Initializing: 'pending',
  Running: 'running',
  Success: 'succeeded',
  Failed: 'failed',
};

/** What a type of jobs is about: its resource is what `resourceID` names, its action what it has done when it has succeeded. */
interface CceTaskType {
  readonly title: string;
  readonly resource?: 'cluster' | 'node';
  readonly action?: string;
}

/** The service lists no types; these are the ones that its documentation and its clients show. */
export const CCE_TASK_TYPES: Readonly<Record<string, CceTaskType>> = {
  CreateCluster: { title: 'Creation of a cluster', resource: 'cluster', action: 'created' },
  ScaleupCluster: { title: 'Addition of a node to a cluster', resource: 'node', action: 'created' },
  CreateNode: { title: 'Creation of a node' },
  // Documented or seen as types of sub-jobs.
  CreateNodeVM: { title: 'Creation of the server of a node', resource: 'node' },
  InstallNode: { title: 'Installation of a node', resource: 'node' },
  InstallMaster: { title: 'Installation of a master node' },
  CreatePSMCert: { title: 'Creation of certificates' },
};

/** Members of the result of these types. */
export const CCE_RESULT: Readonly<Record<string, DescribedSchema>> = {
  clusterId: textOrNull('Id of the cluster in which the job ran.'),
  resourceId: textOrNull('Id of what the job made or worked on, such as the cluster or a node.'),
  resourceName: textOrNull('Name of it.'),
  extend: nullable(map('Further parameters of the job, without secrets and orders; null where it has none.', true)),
};
