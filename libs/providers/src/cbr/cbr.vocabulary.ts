import { integerOrNull, textOrNull } from '@gateway/tasks';
import type { DescribedSchema, FailureTable, TaskStatus } from '@gateway/tasks';

export const CBR_STATUSES: Readonly<Record<string, TaskStatus>> = {
  waiting: 'pending',
  running: 'running',
  success: 'succeeded',
  failed: 'failed',
  // Stopped because a step took too long.
  timeout: 'failed',
  // A check before the start said no: nothing was done, and nobody must take it for a backup.
  skipped: 'cancelled',
};

/** What an operation works on, and what it has done with it when all of it has succeeded. */
type Part = 'backup' | 'resource' | 'destination' | 'vault';
export type CbrActions = Readonly<Partial<Record<Part, string>>>;

export const CBR_TASK_TYPES: Readonly<Record<string, { readonly title: string; readonly actions?: CbrActions }>> = {
  backup: { title: 'Backup of a resource', actions: { backup: 'created' } },
  restore: { title: 'Restoration of a backup', actions: { resource: 'restored' } },
  delete: { title: 'Deletion of a backup', actions: { backup: 'deleted' } },
  vault_delete: { title: 'Deletion of a vault', actions: { vault: 'deleted' } },
  remove_resource: { title: 'Removal of resources from a vault', actions: { resource: 'removed' } },
  replication: { title: 'Replication of a backup to another region', actions: { destination: 'created' } },
  sync: { title: 'Synchronization of backups' },
};

/** Types whose details nobody documents. */
export const CBR_UNTYPED: Readonly<Record<string, string>> = {
  copy: 'Replication of a backup, as it was called before',
  migrate_resources: 'Migration of resources to another vault',
};

/** Types of resources by the names that the service has for them. */
export const CBR_RESOURCES: Readonly<Record<string, string>> = {
  'OS::Nova::Server': 'server',
  'OS::Cinder::Volume': 'volume',
  'OS::Sfs::Turbo': 'file-system',
};

/** Members of the result of the documented types. */
export const CBR_RESULT: Readonly<Record<string, DescribedSchema>> = {
  vaultId: textOrNull('Id of the vault of the resource.'),
  vaultName: textOrNull('Name of that vault.'),
  policyId: textOrNull('Id of the policy that started the operation; null where a user did.'),
  checkpointId: textOrNull('Id of the restore point.'),
  resourceType: textOrNull('What was backed up, as the service writes it, such as OS::Nova::Server.'),
  resourceId: textOrNull('Id of what was backed up.'),
  resourceName: textOrNull('Name of what was backed up.'),
  backupId: textOrNull('Id of the backup that was made, restored, deleted or replicated.'),
  backupName: textOrNull('Name of that backup.'),
  incremental: { type: ['boolean', 'null'], description: 'Whether the backup holds changes only.' },
  targetId: textOrNull('Id of the resource to which a backup was restored.'),
  targetName: textOrNull('Name of that resource.'),
  destinationRegion: textOrNull('Region to which a backup was replicated.'),
  destinationProjectId: textOrNull('Id of the project there.'),
  destinationBackupId: textOrNull('Id of the replica there.'),
  destinationBackupName: textOrNull('Name of the replica there.'),
  deletedBackups: integerOrNull('Backups that a synchronization deleted.'),
};

export const CBR_FAILURES: FailureTable = {
  codes: {
    'BackupService.0001': 'CONFLICT',
    'BackupService.0002': 'CONFLICT',
    'BackupService.2002': 'CONFLICT',
    'BackupService.2010': 'CONFLICT',
    'BackupService.1005': 'INVALID_REQUEST',
    'BackupService.1011': 'INVALID_REQUEST',
    'BackupService.2001': 'INVALID_REQUEST',
  },
};
