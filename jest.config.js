/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/packages'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@chatledger/embedded-database$': '<rootDir>/packages/embedded-database/src/index.ts',
    '^@chatledger/client$': '<rootDir>/client/index.ts',
    '^@chatledger/text-executor$': '<rootDir>/packages/text-executor/src/index.ts',
    '^@chatledger/client/documents$': '<rootDir>/client/generated/nodes.ts',
  },
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
  // Tests wait most of the time, for processes and for one PostgreSQL that all share: one file at a time leaves half of
  // two cores idle, and as many as there are cores take more connections than it has.
  maxWorkers: 2,
  // Ends tests that hang. A busy machine may take several times as long as an idle one.
  testTimeout: 240_000,
};
