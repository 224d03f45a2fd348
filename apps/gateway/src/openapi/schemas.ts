import { BATCH_SCHEMAS } from './batch-schemas.js';
import { CATALOG_SCHEMAS } from './catalog-schemas.js';
import { PROBLEM_SCHEMAS } from './problem-schemas.js';
import type { Schema } from './schema.js';
import { TASK_SCHEMAS } from './task-schemas.js';

/** JSON Schemas of everything that goes in and out. Replies are checked against these in the tests. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...TASK_SCHEMAS,
  ...BATCH_SCHEMAS,
  ...PROBLEM_SCHEMAS,
  ...CATALOG_SCHEMAS,
};
