export * from './cache-settings.js';
export { SHARED_PARTITION } from './task-key.js';
export type { TaskKey } from './task-key.js';
export { isFinalPayload } from './task-payload.js';
export type { TaskPayload } from './task-payload.js';
export * from './task-cache.js';
export * from './cache.module.js';
export { readRedisAddress, readRedisUrl } from './redis/address.js';
export { readCertificates } from './redis/tls.js';
