import { describeProvider } from '../testing/describe-provider.js';
import { APIG } from './apig.provider.js';

describeProvider(APIG);
