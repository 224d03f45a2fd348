export * from './decodings.js';
export * from './ranges.js';
export { original } from './spelled.js';
