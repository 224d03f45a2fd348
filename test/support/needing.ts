import { describe, it } from '@jest/globals';
import { isHere } from './machine.js';
import type { Need } from './machine.js';

const globals = { describe, it } as const;

/** `describe` and `it` of tests that need this: where the machine lacks it they are skipped, and the totals say so. */
export function needing(...needs: readonly Need[]): Pick<typeof globals, 'describe' | 'it'> {
  return needs.every(isHere) ? globals : { describe: describe.skip as typeof describe, it: it.skip as typeof it };
}
