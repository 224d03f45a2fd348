export * from './deadline.js';
export * from './single-flight.js';
