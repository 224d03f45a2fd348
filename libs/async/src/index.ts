export * from './deadline.js';
export * from './single-flight.js';
export * from './until-aborted.js';
