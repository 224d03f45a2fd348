export * from './settings.js';
export type { StoredTask, TaskSnapshot } from './task-entry.js';
export { isUsable } from './task-entry.js';
export type { FetchedTask, Filled, NegativeAnswer } from './fill.js';
export type { PurgeTarget } from './purges.js';
export * from './task-cache.js';
