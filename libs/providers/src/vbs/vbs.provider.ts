import { errorRules, textOrNull } from '@gateway/tasks';
import { onlyId, v1Job } from '../families/v1-job.js';

/** Volume Backup Service, which Cloud Backup and Recovery replaces: jobs that make backups of volumes, and restore them. */
export const VBS = v1Job({
  id: 'vbs',
  title: 'Volume Backup Service',
  service: 'vbs',
  example: { id: '986fdf5ebf1dd4faa9f718371d1310c9' },
  // Deletions and restorations have words that no document tells: they are shown as they come.
  taskTypes: { bksCreateBackup: ['Creation of a backup', { backup: 'created', snapshot: 'created' }] },
  resources: {
    backup_id: { type: 'backup', name: 'bks_create_volume_name' },
    volume_id: { type: 'volume' },
    snapshot_id: { type: 'snapshot' },
  },
  result: {
    kind: 'vbs.backup',
    members: {
      backupId: textOrNull('Id of the backup that the job made or worked on; null where it is about several or none.'),
      backupName: textOrNull('Name of that backup.'),
      volumeId: textOrNull('Id of the volume that the backup is of; null where it is about several or none.'),
      snapshotId: textOrNull(
        'Id of the snapshot that the backup was made from; null where it is about several or none.',
      ),
    },
    read(_entities, resources) {
      const backupId = onlyId(resources, 'backup');
      return {
        backupId,
        backupName: resources.find(({ type, id }) => type === 'backup' && id === backupId)?.name ?? null,
        volumeId: onlyId(resources, 'volume'),
        snapshotId: onlyId(resources, 'snapshot'),
      };
    },
  },
  // The codes are documented without their HTTP statuses: these are those of its kin.
  errors: errorRules([
    ['VolumeBackup.0008 VolumeBackup.0042', 403, 'permission-denied', 'The account may not use the backup service.'],
    ['VolumeBackup.0044', 403, 'permission-denied', 'The account may not use the backup service.'],
    ['VolumeBackup.0041', 500, 'upstream-error', 'The backup service could not learn what the account may do.'],
    [
      'AutoBackup.0002 AutoBackup.0005',
      401,
      'upstream-credentials-rejected',
      'The backup service did not accept the token.',
    ],
    ['AutoBackup.0003', 401, 'upstream-credentials-rejected', 'The token has expired.', { retry: 'new-token' }],
  ]),
  documentation:
    'https://docs.otc.t-systems.com/volume-backup-service/api-ref/api_description/vbs_backups/querying_the_job_status.html',
});
