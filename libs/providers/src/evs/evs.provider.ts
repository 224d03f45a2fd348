import { asNumber, asText, errorRules, textOrNull } from '@gateway/tasks';
import { v1Job } from '../families/v1-job.js';

/** Elastic Volume Service: jobs that create, extend and delete disks. */
export const EVS = v1Job({
  id: 'evs',
  title: 'Elastic Volume Service',
  service: 'evs',
  example: { id: '70a599e0318e0001b15b018c6e2f0001' },
  taskTypes: {
    createVolume: ['Creation of a volume', { volume: 'created' }],
    batchCreateVolume: ['Creation of volumes', { volume: 'created' }],
    extendVolume: ['Extension of a volume', { volume: 'extended' }],
    deleteVolume: ['Deletion of a volume', { volume: 'deleted' }],
    bulkDeleteVolume: ['Deletion of volumes', { volume: 'deleted' }],
    // Documented as the type of sub-jobs.
    deleteSingleVolume: ['Deletion of one of several volumes', { volume: 'deleted' }],
  },
  resources: { volume_id: { type: 'volume', name: 'name' } },
  result: {
    kind: 'evs.volume',
    members: {
      volumeId: textOrNull('Id of the volume that the job made or worked on; null where it is about several.'),
      name: textOrNull('Name of that volume.'),
      sizeGb: { type: ['number', 'null'], description: 'Size of that volume in GB.' },
      volumeType: textOrNull('Type of that volume, such as SAS or SSD.'),
    },
    read: (entities) => ({
      volumeId: asText(entities['volume_id']),
      name: asText(entities['name']),
      sizeGb: asNumber(entities['size']),
      volumeType: asText(entities['volume_type']),
    }),
  },
  failures: {
    codes: { 'EVS.2144': 'PERMISSION_DENIED', 'EVS.2145': 'PERMISSION_DENIED' },
    families: [[/^EVS\.2\d{3}$/, 'UPSTREAM_FAULT']],
  },
  errors: errorRules([
    ['EVS.0001', 400, 'upstream-misconfigured', 'The volume service does not know the project.'],
    ['EVS.0002', 400, 'upstream-credentials-rejected', 'The volume service did not accept the token.'],
    ['EVS.0003 EVS.1027', 403, 'permission-denied', 'The account may not read jobs of the volume service.'],
    ['EVS.2056 EVS.5403', 403, 'permission-denied', 'The account may not read jobs of the volume service.'],
    ['EVS.2144', 403, 'account-restricted', 'The cloud account is frozen.'],
    ['EVS.2145', 403, 'account-restricted', 'The cloud account is suspended.'],
    ['EVS.2010 EVS.2013 EVS.2030', 500, 'upstream-error', 'The volume service could not look the job up.'],
    ['EVS.2034 EVS.2035 EVS.2036', 500, 'upstream-error', 'The volume service could not look the job up.'],
    // Here the code also covers tokens that have expired.
    [
      'Common.0013',
      400,
      'upstream-credentials-rejected',
      'The token is not valid, or expired.',
      { retry: 'new-token' },
    ],
  ]),
  documentation:
    'https://docs.otc.t-systems.com/elastic-volume-service/api-ref/apis_recommended/task_management/querying_task_status.html',
});
