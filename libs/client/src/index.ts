export * from './generated/index.js';
export * from './gateway-problem.js';
export * from './task-client.js';
