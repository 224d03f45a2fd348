export * from './task.js';
export * from './settle-task.js';
export * from './provider.js';
export * from './json.js';
export * from './redact.js';
export * from './failure.js';
export * from './time.js';
export * from './file-name.js';
