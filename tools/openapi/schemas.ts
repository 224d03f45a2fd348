import { BATCH_SCHEMAS } from '../../apps/gateway/src/tasks/batch.schemas.js';
import { CATALOG_SCHEMAS } from '../../apps/gateway/src/catalog/catalog.schemas.js';
import { PROBLEM_SCHEMAS } from '../../apps/gateway/src/http/problem.schemas.js';
import type { Schema } from '@gateway/tasks';
import { TASK_SCHEMAS } from '../../apps/gateway/src/tasks/task.schemas.js';

/** JSON Schemas of everything that goes in and out. Replies are checked against these in the tests. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  ...TASK_SCHEMAS,
  ...BATCH_SCHEMAS,
  ...PROBLEM_SCHEMAS,
  ...CATALOG_SCHEMAS,
};
