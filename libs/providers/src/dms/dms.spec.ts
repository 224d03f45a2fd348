import { describeProvider } from '../testing/describe-provider.js';
import { DMS } from './dms.provider.js';

describeProvider(DMS);
