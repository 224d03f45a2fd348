import { whatIsMissing } from './machine.ts';

/** Ends a run with one plain line, for readers that know no Jest. */
export default class TotalsReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numPendingTests, numRuntimeErrorTestSuites }) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    const missing = whatIsMissing();
    const reason = missing === null ? '' : ` (${missing})`;
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped${reason}` : '';
    // Jest prints its own summary after every other reporter has finished.
    process.once('exit', () => process.stdout.write(`\n${numPassedTests} passed, ${failed} failed${skipped}\n`));
  }
}
