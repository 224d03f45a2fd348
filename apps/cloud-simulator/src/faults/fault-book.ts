import type { Fault } from './fault.js';

/** The faults by service, one at a time each. */
export interface FaultBook {
  /** @param times how many requests it meets before it is gone; null for all */
  readonly put: (service: string, fault: Fault, times: number | null) => void;
  /** The fault that the next request of a service meets; counts as met. */
  readonly take: (service: string) => Fault | null;
  /** Removes the fault of one service, or all. */
  readonly clear: (service?: string) => void;
}

export function createFaultBook(): FaultBook {
  const faults = new Map<string, { readonly fault: Fault; readonly left: number }>();
  return {
    put: (service, fault, times) => void faults.set(service, { fault, left: times ?? Number.POSITIVE_INFINITY }),
    take(service) {
      const entry = faults.get(service);
      if (entry === undefined) return null;
      if (entry.left <= 1) faults.delete(service);
      else faults.set(service, { ...entry, left: entry.left - 1 });
      return entry.fault;
    },
    clear(service) {
      if (service === undefined) faults.clear();
      else faults.delete(service);
    },
  };
}
