// Three projects, among which scripts/test.js chooses: `unit` calls functions, without a build, a database or a network;
// `api` sends requests to a server in the process of the test; `slow` starts processes, brings about faults, drives
// browsers or makes up many requests.

/** @type {import('jest').Config} */
const common = {
  testEnvironment: 'node',
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
};

/** One PostgreSQL for all tests, which each file has a database of its own on. */
const withDatabase = {
  globalSetup: '<rootDir>/test/support/global-setup.js',
  globalTeardown: '<rootDir>/test/support/global-teardown.js',
};

/** Files of `test/security` that take half a minute and more. */
const longSecurity = ['costliest', 'kept-documents', 'large-answers', 'refusal-costs'];

const folders = (...names) => names.map((name) => `<rootDir>/test/${name}/**/*.test.ts`);
const files = (folder, names) => names.map((name) => `<rootDir>/test/${folder}/${name}.test.ts`);

/** @type {import('jest').Config} */
export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: [...folders('unit'), '<rootDir>/packages/text-executor/test/**/*.test.ts'],
    },
    {
      ...common,
      ...withDatabase,
      displayName: 'api',
      testMatch: [
        ...folders('api', 'client', 'security'),
        ...files('docs', ['facts', 'decisions']),
        ...longSecurity.map((name) => `!**/test/security/${name}.test.ts`),
      ],
    },
    {
      ...common,
      ...withDatabase,
      displayName: 'slow',
      testMatch: [
        ...folders('browser', 'contract', 'embedded', 'faults', 'process', 'property'),
        ...files('docs', ['pages', 'statuses']),
        ...files('security', longSecurity),
      ],
    },
  ],
  // Tests wait most of the time, for processes and for one PostgreSQL that all share: one file at a time leaves half of
  // two cores idle, and as many as there are cores take more connections than it has.
  maxWorkers: 2,
  // Ends tests that hang. A busy machine may take several times as long as an idle one.
  testTimeout: 240_000,
};
