import { errorRules } from '@gateway/tasks';
import { PENDING_PAYMENT, v1Job } from '../families/v1-job.js';
import { aboutServers } from '../families/v1-server.js';

/** Elastic Cloud Server: jobs that create, change and delete servers, and their interfaces. */
export const ECS = v1Job({
  id: 'ecs',
  title: 'Elastic Cloud Server',
  service: 'ecs',
  example: { id: '580abb09b997093e4436fd7a8bf985f4' },
  statuses: PENDING_PAYMENT,
  // The service documents no more than its common types; others are shown as they come.
  taskTypes: {
    createServer: ['Creation of servers', { server: 'created' }],
    // Documented as the type of sub-jobs.
    createSingleServer: ['Creation of one server', { server: 'created' }],
    deleteVMs: ['Deletion of servers', { server: 'deleted' }],
    resizeServer: ['Change of the flavor of a server', { server: 'resized' }],
    changeOS: ['Change of the operating system of a server'],
    reInitOs: ['Reinstallation of the operating system of a server'],
    attachVolume: ['Attachment of a volume to a server'],
    detachVolume: ['Detachment of a volume from a server'],
  },
  ...aboutServers('ecs.server', 'server'),
  failures: {
    codes: { 'Ecs.0001': 'QUOTA_EXCEEDED', 'Ecs.0003': 'PERMISSION_DENIED', 'Ecs.0110': 'PERMISSION_DENIED' },
  },
  errors: errorRules([
    ['Ecs.0003 Ecs.0110', 403, 'permission-denied', 'The account may not read jobs of the server service.'],
    ['Ecs.0023', 400, 'upstream-misconfigured', 'The project is not the one of the token.'],
  ]),
  // Of jobs that have ended; those that wait for a payment go after 14 days.
  retentionSeconds: 24 * 3600,
  documentation:
    'https://docs.otc.t-systems.com/elastic-cloud-server/api-ref/apis_recommended/job_status_management/querying_job_execution_status.html',
});
