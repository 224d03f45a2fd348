export * from './cache-settings.js';
export { taskNames } from './keys.js';
export type { StoredTask, TaskSnapshot } from './stored-task.js';
export type { EntryChecks, Refusal } from './entry-checks.js';
export type { RedisWrite } from './result-store.js';
export type { PurgeTarget } from './purges.js';
export * from './task-cache.js';
export * from './cache.module.js';
