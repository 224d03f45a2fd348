import { describe, it } from '@jest/globals';
import { isHere } from './machine.js';
import type { Need } from './machine.js';

/** `describe` and `it` of tests that need this: where the machine lacks it they are skipped, and the totals say so. */
export function needing(...needs: readonly Need[]): { readonly describe: typeof describe; readonly it: typeof it } {
  return needs.every(isHere)
    ? { describe, it }
    : { describe: describe.skip as typeof describe, it: it.skip as typeof it };
}
