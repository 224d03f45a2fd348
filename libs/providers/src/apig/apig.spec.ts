import { describeFailures } from '../testing/describe-failures.js';
import { describeProvider } from '../testing/describe-provider.js';
import { APIG } from './apig.provider.js';
import { APIG_FAILURES } from './apig.vocabulary.js';

describeProvider(APIG, '/v2/{project_id}/apigw/instances/{instance_id}/async-tasks/{task_id}');
describeFailures('apig', APIG_FAILURES);
