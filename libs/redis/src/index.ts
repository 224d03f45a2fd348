export * from './settings.js';
export * from './redis-connection.js';
export { RedisReplyError } from './errors.js';
export { openRedis } from './topologies/open-redis.js';
export { RedisStore } from './store.js';
export type { RedisCounts } from './store.js';
