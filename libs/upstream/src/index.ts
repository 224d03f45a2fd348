export * from './upstream-fault.js';
export * from './upstream-settings.js';
export * from './upstream-config.js';
export * from './provider-registry.js';
export * from './upstream-client.js';
export * from './upstream.module.js';
export { FRONT_ERRORS } from './front-errors.js';
export { IAM_ERRORS } from './iam-errors.js';
export type { GuardState } from './resilience/guard.js';
