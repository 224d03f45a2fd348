import { errorRules, list, text, textOrNull } from '@gateway/tasks';
import { onlyId, v1Job } from '../families/v1-job.js';

const GROUP = 'protection-group';
const INSTANCE = 'protected-instance';
const PAIR = 'replication-pair';
const DRILL = 'disaster-recovery-drill';

/** Storage Disaster Recovery Service: jobs about protection groups, what they protect and replicate, and drills. */
export const SDRS = v1Job({
  id: 'sdrs',
  title: 'Storage Disaster Recovery Service',
  service: 'sdrs',
  example: { id: 'e085167f741f1b9e057ba5ae5eee1f31' },
  taskTypes: {
    createProtectionGroupNoCG: ['Creation of a protection group', { [GROUP]: 'created' }],
    deleteProtectionGroupNoCG: ['Deletion of a protection group', { [GROUP]: 'deleted' }],
    startProtectionGroupNoCG: ['Start of protection', { [GROUP]: 'started' }],
    reprotectProtectionGroupNoCG: ['Renewed protection', { [GROUP]: 'started' }],
    stopProtectionGroupNoCG: ['Stop of protection', { [GROUP]: 'stopped' }],
    failoverProtectionGroupNoCG: ['Failover', { [GROUP]: 'failed-over' }],
    reverseProtectionGroupNoCG: ['Planned failover', { [GROUP]: 'failed-over' }],
    createProtectedInstanceNoCG: ['Creation of a protected instance', { [INSTANCE]: 'created' }],
    // The word of an older generation.
    createProtectedInstance: ['Creation of a protected instance', { [INSTANCE]: 'created' }],
    deleteProtectedInstanceNoCG: ['Deletion of a protected instance', { [INSTANCE]: 'deleted' }],
    resizeProtectedInstanceNew: ['Change of the flavor of a protected instance', { [INSTANCE]: 'resized' }],
    createReplicationPairNoCG: ['Creation of a replication pair', { [PAIR]: 'created' }],
    deleteReplicationPairNoCG: ['Deletion of a replication pair', { [PAIR]: 'deleted' }],
    expandReplicationPairNew: ['Extension of a replication pair', { [PAIR]: 'extended' }],
    attachReplicationPairNew: ['Attachment of a replication pair', { [PAIR]: 'attached' }],
    detachReplicationPairNew: ['Detachment of a replication pair', { [PAIR]: 'detached' }],
    addNicNew: ['Addition of a network interface', { 'network-interface': 'attached' }],
    deleteNicNew: ['Removal of a network interface', { 'network-interface': 'detached' }],
    createDisasterRecoveryDrill: ['Creation of a disaster recovery drill', { [DRILL]: 'created' }],
    deleteDisasterRecoveryDrill: ['Deletion of a disaster recovery drill', { [DRILL]: 'deleted' }],
  },
  resources: {
    server_group_id: { type: GROUP },
    protected_instance_id: { type: INSTANCE },
    replication_pair_id: { type: PAIR },
    native_server_id: { type: 'server' },
    nic_id: { type: 'network-interface' },
    // One text, with commas between the ids.
    volume_ids: { type: 'volume' },
    // In no document; clients of the service read it.
    disaster_recovery_drill_id: { type: DRILL },
  },
  result: {
    kind: 'sdrs.protection',
    members: {
      protectionGroupId: textOrNull('Id of the protection group; null where it is about several or none.'),
      protectedInstanceId: textOrNull('Id of the protected instance; null where it is about several or none.'),
      replicationPairId: textOrNull('Id of the replication pair; null where it is about several or none.'),
      serverId: textOrNull('Id of the server at the site of recovery; null where it is about several or none.'),
      nicId: textOrNull('Id of the network interface; null where it is about several or none.'),
      drillId: textOrNull('Id of the disaster recovery drill; null where it is about none.'),
      volumeIds: list('Ids of all volumes that the job and its sub-jobs name.', text('Id of a volume.')),
    },
    read: (_entities, resources) => ({
      protectionGroupId: onlyId(resources, GROUP),
      protectedInstanceId: onlyId(resources, INSTANCE),
      replicationPairId: onlyId(resources, PAIR),
      serverId: onlyId(resources, 'server'),
      nicId: onlyId(resources, 'network-interface'),
      drillId: onlyId(resources, DRILL),
      volumeIds: resources.filter(({ type }) => type === 'volume').map(({ id }) => id),
    }),
  },
  errors: errorRules([
    ['SDRS.0001', 400, 'upstream-misconfigured', 'The disaster recovery service does not know the project.'],
    ['SDRS.0002', 400, 'upstream-credentials-rejected', 'The disaster recovery service did not accept the token.'],
    [
      'SDRS.0003 SDRS.0004 SDRS.0005',
      400,
      'permission-denied',
      'The account may not use the disaster recovery service.',
    ],
    ['SDRS.0009', 500, 'permission-denied', 'The account may not use the disaster recovery service.'],
    ['SDRS.0006 SDRS.0007 SDRS.0008', 500, 'upstream-error', 'The disaster recovery service had an internal error.'],
    [
      'SDRS.0010 SDRS.0011 SDRS.0012 SDRS.0013',
      500,
      'upstream-error',
      'The disaster recovery service had an internal error.',
    ],
    // Sent as 500, but about what the token holds.
    [
      'SDRS.0014 SDRS.0015 SDRS.0016',
      500,
      'upstream-credentials-rejected',
      'The disaster recovery service could not use the token.',
    ],
  ]),
  poll: { minSeconds: 5, maxSeconds: 60 },
  documentation:
    'https://docs.otc.t-systems.com/storage-disaster-recovery-service/api-ref/apis/job/querying_the_job_status.html',
});
