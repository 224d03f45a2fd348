export { RedisKind } from './settings.js';
export type { RedisSettings } from './settings.js';
export type { RedisScript } from './commands.js';
export type { OpenRedis } from './connection.js';
export { logged } from './breaker.js';
export { openRedis } from './topologies.js';
export { RedisStore } from './store.js';
export type { RedisCounts } from './store.js';
