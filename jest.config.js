import { availableParallelism } from 'node:os';

const shared = {
  testEnvironment: '<rootDir>/test/support/jest/environment.js',
  testRunner: '<rootDir>/test/support/jest/runner.js',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        module: { type: 'es6' },
        jsc: {
          target: 'es2023',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
        },
      },
    ],
  },
  // For what asks which tests concern a file; they themselves are loaded by loader.js.
  moduleNameMapper: {
    '^@gateway/providers/testing$': '<rootDir>/libs/providers/src/testing/index.ts',
    '^@gateway/([^/]+)$': '<rootDir>/libs/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};

/** @type {import('jest').Config} */
export default {
  // Also a machine that is busy with something else gets there; what hangs is found later.
  testTimeout: 120_000,
  // More than cores: half of the time tests wait, for programs that they start and for limits of the gateway.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  testSequencer: '<rootDir>/test/support/jest/sequencer.js',
  reporters: [
    ['default', { summaryThreshold: 1000 }],
    '<rootDir>/test/support/documented-replies-reporter.js',
    '<rootDir>/test/support/totals-reporter.js',
  ],
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/{apps,libs,tools}/**/*.spec.ts'],
    },
    {
      ...shared,
      displayName: 'e2e',
      testMatch: ['<rootDir>/test/**/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/support/setup.js',
    },
  ],
};
