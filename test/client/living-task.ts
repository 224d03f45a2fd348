import type { Gateway } from '../support/gateway.js';

const HOUR = 3_600_000;
const EXPORT = '78d908e03b14863d91993e111a2982f8';

/** A task that ends after some looks at it, and others that a client can meet. */
export function livingTask({ simulator }: Gateway) {
  const { id } = simulator.control.createTask({ service: 'dms', queuedMs: HOUR, runningMs: HOUR });
  let looks = 0;
  return {
    refs: {
      running: { provider: 'dms', id },
      exported: { provider: 'apig', id: EXPORT },
      missing: { provider: 'apig', id: '00000000000000000000000000000000' },
    },
    /** Stands for a pause: the first one is too short for anything to happen, the next two are not. */
    tick: async (): Promise<void> => {
      looks += 1;
      if (looks === 2 || looks === 3) simulator.control.advanceClock({ advanceMs: HOUR });
    },
  };
}

/** A task that becomes the next thing whenever it is told to, and a gateway that has noticed it. */
export function steppedTask({ simulator, get }: Gateway) {
  const { id } = simulator.control.createTask({ service: 'dms', queuedMs: HOUR, runningMs: HOUR });
  return {
    ref: { provider: 'dms', id },
    step: async (): Promise<void> => {
      simulator.control.advanceClock({ advanceMs: HOUR });
      await get(`/tasks/dms/${id}`, { 'cache-control': 'no-cache' });
    },
  };
}

export const SEEN = {
  updates: ['pending', 'running', 'succeeded'],
  outcome: 'success',
  batch: [200, 404],
  file: ['orders-v1-final.yaml', 'application/yaml; charset=utf-8', 'swagger: "2.0"\ninfo:\n  title: orders\n'],
  problem: [true, 'TASK_NOT_FOUND', true],
  lost: true,
  stopped: 'enough',
};
