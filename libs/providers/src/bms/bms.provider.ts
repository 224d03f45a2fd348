import { errorRules } from '@gateway/tasks';
import { PENDING_PAYMENT, v1Job } from '../families/v1-job.js';
import { aboutServers } from '../families/v1-server.js';

const TYPE = 'bare-metal-server';

/** Bare Metal Server: jobs that create servers, change their power and system, and attach their volumes. */
export const BMS = v1Job({
  id: 'bms',
  title: 'Bare Metal Server',
  service: 'bms',
  example: { id: '020fbd4a3b2dbfbe9f15701628e5508c' },
  statuses: PENDING_PAYMENT,
  taskTypes: {
    baremetalBatchCreate: ['Creation of bare metal servers', { [TYPE]: 'created' }],
    baremetalBatchOperate: ['Change of the power of bare metal servers'],
    baremetalAttachVolume: ['Attachment of a volume'],
    baremetalBatchAttachVolume: ['Attachment of a shared volume to several servers'],
    baremetalDetachVolume: ['Detachment of a volume'],
    baremetalChangeOsVolumeBoot: ['Change of the operating system on a volume'],
    baremetalChangeOsLocalDisk: ['Change of the operating system on a local disk'],
    baremetalVolumeBootReinstallOs: ['Reinstallation of the operating system on a volume'],
    baremetalReinstallOs: ['Reinstallation of the operating system on a local disk'],
    // Documented as types of sub-jobs.
    baremetalSingleCreate: ['Creation of one bare metal server', { [TYPE]: 'created' }],
    baremetalSingleOperate: ['Change of the power of one bare metal server'],
  },
  ...aboutServers('bms.server', TYPE),
  failures: {
    codes: {
      'BMS.0014': 'CONFLICT',
      'BMS.0017': 'QUOTA_EXCEEDED',
      ...Object.fromEntries([25, 26, 27, 28, 29, 30, 31].map((code) => [`BMS.00${code}`, 'QUOTA_EXCEEDED'] as const)),
    },
  },
  errors: errorRules([
    ['BMS.0002', 400, 'upstream-misconfigured', 'The region has no bare metal servers.'],
    // 0005 also means a balance that is too low, and does not say which.
    ['BMS.0004 BMS.0005', 400, 'permission-denied', 'The account may not use the bare metal service.'],
    ['BMS.0213', 400, 'permission-denied', 'The role of the account may not use the bare metal service.'],
    ['BMS.0033 BMS.0288', 403, 'permission-denied', 'The account may not read jobs of the bare metal service.'],
    ['BMS.0032 BMS.3011', 400, 'upstream-credentials-rejected', 'The bare metal service did not accept the token.'],
    ['BMS.0212', 400, 'upstream-unavailable', 'The bare metal service is overloaded.'],
    ['BMS.0001 BMS.0018 BMS.0022', 400, 'validation-failed', 'The bare metal service could not read the request.'],
  ]),
  poll: { minSeconds: 10, maxSeconds: 60 },
  documentation:
    'https://docs.otc.t-systems.com/bare-metal-server/api-ref/bms_apis/task_management/querying_task_statuses.html',
});
