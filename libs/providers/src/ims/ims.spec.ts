import { describeProvider } from '../testing/describe-provider.js';
import { IMS } from './ims.provider.js';

describeProvider(IMS, '/v1/{project_id}/jobs/{job_id}');
