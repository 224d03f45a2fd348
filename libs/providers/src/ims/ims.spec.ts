import { describeFailures } from '../testing/describe-failures.js';
import { describeProvider } from '../testing/describe-provider.js';
import { IMS } from './ims.provider.js';
import { IMS_FAILURES } from './ims.vocabulary.js';

describeProvider(IMS, '/v1/{project_id}/jobs/{job_id}');
describeFailures('ims', IMS_FAILURES);
