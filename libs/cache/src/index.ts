export * from './settings.js';
export { isAhead } from './envelope.js';
export type { StoredTask, TaskSnapshot } from './task-entry.js';
export { isUsable } from './task-entry.js';
export { FILLS } from './fill.js';
export type { FetchedTask, Filled, FillMessage, NegativeAnswer } from './fill.js';
export type { StoreStats } from './tiered-store.js';
export type { PurgeTarget } from './purges.js';
export * from './task-cache.js';
