export * from './rules.js';
export * from './url-rules.js';
