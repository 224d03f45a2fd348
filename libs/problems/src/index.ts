export * from './problem-catalogue.js';
export * from './problem.js';
export * from './problem-of.js';
