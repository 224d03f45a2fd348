import { afterEach, beforeEach } from '@jest/globals';
import { moveClocks } from '../../faults/support/clock.js';
import type { MovedClock } from '../../faults/support/clock.js';
import { startCloud } from './cloud.js';
import type { Behaviour, Cloud } from './cloud.js';
import { PROOF_SECONDS } from './proof-reads.js';
import { startLocal } from './replicas.js';
import type { LocalReplica, ReplicaOptions } from './replicas.js';

/** A cloud with its identity service, clocks that can be moved, and gateways, for each test of a file. */
export interface ProofStage {
  readonly clock: MovedClock;
  readonly cloud: Cloud;
  readonly cleanups: (() => unknown)[];
  readonly start: (options?: Partial<ReplicaOptions>) => Promise<LocalReplica>;
  /** Service and token of each call that the cloud got. */
  readonly questions: () => readonly string[];
}

export function proofStage(behaviour: Behaviour): ProofStage {
  let clock: MovedClock;
  let cloud: Cloud;
  const cleanups: (() => unknown)[] = [];
  beforeEach(async () => {
    clock = moveClocks();
    cleanups.push(clock.restore);
    cloud = await startCloud(behaviour, true);
    cleanups.push(cloud.close);
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return {
    get clock() {
      return clock;
    },
    get cloud() {
      return cloud;
    },
    cleanups,
    start: async (options = {}) => {
      const replica = await startLocal({ cloud: cloud.url, cache: { proofTtlSeconds: PROOF_SECONDS }, ...options });
      cleanups.push(replica.close);
      return replica;
    },
    questions: () => cloud.calls.map(({ service, token }) => `${service} ${token}`),
  };
}
