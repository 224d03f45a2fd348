import { describeProvider } from '../testing/describe-provider.js';
import { DMS } from './dms.provider.js';

describeProvider(DMS, '/v2/{project_id}/instances/{instance_id}/tasks/{task_id}');
