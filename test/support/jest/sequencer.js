import Sequencer from '@jest/test-sequencer';

/** Those that take longest, the longest first; a machine that has run them knows better. */
const LONGEST = [
  'client/generators',
  'sharing/isolation.property',
  'faults/redis-cluster',
  'e2e/start',
  'e2e/demo-end',
  'e2e/slow-callers',
  'client/node',
  'sharing/three-processes',
  'faults/redis-topologies',
  'sharing/redis-chaos',
  'e2e/shutdown-callers',
  'e2e/log-output',
  'e2e/access-issuer',
  'faults/redis-sentinel',
  'faults/upstream-leaks',
  'faults/cache-redis-silence',
  'faults/crowd',
  'sharing/refused-tokens',
  'e2e/bare-machine',
];

/** Begins with what takes longest, so that workers end together. Jest goes by the size of files where it knows no durations. */
export default class LongestFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests);
    return sorted.some(({ duration }) => duration === undefined)
      ? sorted.toSorted((one, other) => rankOf(one) - rankOf(other))
      : sorted;
  }
}

function rankOf({ path }) {
  const rank = LONGEST.findIndex((name) => path.endsWith(`/test/${name}.e2e-spec.ts`));
  return rank === -1 ? LONGEST.length : rank;
}
