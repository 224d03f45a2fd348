import { describeFailures } from '../testing/describe-failures.js';
import { APIG_FAILURES } from './apig.vocabulary.js';

describeFailures('apig', APIG_FAILURES);
