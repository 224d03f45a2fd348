export { UpstreamFailure, upstreamTimeout } from './errors/upstream-failure.js';
export * from './upstream-settings.js';
export * from './upstream-client.js';
export * from './upstream.module.js';
export { COMMON_ERRORS, FRONT_ERRORS, IAM_ERRORS } from './errors/shared-errors.js';
export type { TokenFacts } from './credentials/iam-client.js';
export type { PolicyState } from './policy/upstream-policy.js';
export { UNHEALTHY_REASONS } from './service-health.js';
export type { UnhealthyReason } from './service-health.js';
