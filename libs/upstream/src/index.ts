export * from './upstream-fault.js';
export * from './upstream-settings.js';
