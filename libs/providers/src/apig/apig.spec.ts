import { describeProvider } from '../testing/describe-provider.js';
import { APIG } from './apig.provider.js';

describeProvider(APIG, '/v2/{project_id}/apigw/instances/{instance_id}/async-tasks/{task_id}');
