import { errorRules } from '@gateway/tasks';
import { instanceErrors } from '../families/v3-job.errors.js';
import { instanceResult } from '../families/v3-job.instance.js';
import { v3Job } from '../families/v3-job.js';

/** TaurusDB, before that GaussDB(for MySQL): on Huawei Cloud its host has the name that GaussDB has on Open Telekom Cloud. */
export const TAURUSDB = v3Job({
  id: 'taurusdb',
  title: 'TaurusDB',
  service: { 'huawei-cloud': 'gaussdb', 'open-telekom-cloud': 'gaussdb-mysql' },
  example: { id: '77d2c68a-472e-45e2-9688-8808f4f4e9d8' },
  // Of Huawei Cloud: one that is put off, one that somebody has to authorize.
  statuses: { Pending: 'pending', Unauthorized: 'action_required', Canceled: 'cancelled' },
  members: { created: 'created', ended: 'ended', progress: 'process' },
  taskTypes: {
    CreateMysqlInstance: { title: 'Creation of an instance', action: 'created' },
    CreateGaussDBforMySQLInstance: { title: 'Creation of an instance', action: 'created' },
    RestoreGaussDBforMySQLNewInstance: { title: 'Restoration to a new instance' },
    DeleteGaussDBforMySQLInstance: { title: 'Deletion of an instance', action: 'deleted' },
    RebootGaussDBforMySQLInstance: { title: 'Restart of an instance', action: 'restarted' },
    ResizeGaussDBforMySQLFlavor: { title: 'Change of the class of an instance', action: 'resized' },
    RenameGaussDBforMySQLInstance: { title: 'Change of the name of an instance' },
    UpgradeGaussDBforMySQLDatabaseVersion: { title: 'Upgrade of an instance', action: 'upgraded' },
    AddGaussDBforMySQLNodes: { title: 'Addition of nodes' },
    DeleteGaussDBforMySQLNode: { title: 'Deletion of a node' },
    SwitchoverGaussDBforMySQLMasterNode: { title: 'Promotion of a read replica' },
    ModifyGaussDBforMySQLPort: { title: 'Change of the port' },
    ModifyGaussDBforMySQLSecurityGroup: { title: 'Change of the security group' },
    GaussDBforMySQLModifyInstanceDataVip: { title: 'Change of the private address' },
    GaussDBforMySQLModifyInstanceMetricExtend: { title: 'Change of monitoring by seconds' },
    GaussDBforMySQLSwitchSSL: { title: 'TLS switched on or off' },
    GaussDBforMySQLBindEIP: { title: 'Public address bound to an instance' },
    GaussDBforMySQLUnbindEIP: { title: 'Public address released from an instance' },
    OpenGaussDBforMySQLProxy: { title: 'Opening of a proxy' },
    CloseGaussDBforMySQLProxy: { title: 'Closing of a proxy' },
    EnlargeGaussDBforMySQLProxy: { title: 'Addition of proxy nodes' },
    ScaleGaussDBforMySQLProxy: { title: 'Change of the class of proxy nodes' },
    GaussdbforMySQLModifyProxyIp: { title: 'Change of the address of a proxy' },
    GaussDBforMySQLModifyProxyConsist: { title: 'Change of the consistency of a proxy' },
    GaussDBforMySQLModifyProxyWeight: { title: 'Change of the weights of a proxy' },
  },
  result: instanceResult('taurusdb'),
  errors: errorRules([
    ['DBS.200543', 400, 'task-not-found', 'TaurusDB has no job with this id.'],
    ...instanceErrors('TaurusDB'),
    ['DBS.200408', 404, 'scope-not-found', 'The instance of the job does not exist.'],
    ['DBS.200208', 500, 'upstream-error', 'TaurusDB had an internal error.'],
  ]),
  documentation:
    'https://docs.otc.t-systems.com/taurusdb/api-ref/apis_recommended/task_center/obtaining_information_about_a_task_with_a_specified_id.html',
});
