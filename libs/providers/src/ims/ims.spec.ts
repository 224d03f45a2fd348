import { describeProvider } from '../testing/describe-provider.js';
import { IMS } from './ims.provider.js';

describeProvider(IMS);
