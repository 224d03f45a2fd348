import { describeFailures } from '../testing/describe-failures.js';
import { IMS_FAILURES } from './ims.vocabulary.js';

describeFailures('ims', IMS_FAILURES);
