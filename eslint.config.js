import { existsSync } from 'node:fs';
import graphql from '@graphql-eslint/eslint-plugin';
import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

// Who may import whom: http -> schema -> ledger -> data. Each entry names a folder and what it must not reach.
const directions = [
  { target: './src/errors.ts', from: './src' },
  { target: './src/auth/viewer.ts', from: './src' },
  { target: './src/auth', from: ['./src/http', './src/schema', './src/ledger', './src/data', './src/cli'] },
  {
    target: './src/data',
    from: ['./src/http', './src/schema', './src/ledger', './src/cli', './src/app.ts', './src/main.ts'],
  },
  {
    target: './src/ledger',
    from: ['./src/http', './src/schema', './src/cli', './src/app.ts', './src/main.ts'],
  },
  { target: './src/schema', from: ['./src/http', './src/cli', './src/app.ts', './src/main.ts'] },
  { target: './src/http', from: ['./src/cli', './src/app.ts', './src/main.ts'] },
  // Packages know nothing of the server.
  { target: './client', from: ['./src', './packages'] },
  { target: './packages', from: ['./src', './client'] },
];

const generatedPrisma = {
  group: ['**/generated/prisma/*', '@prisma/*', 'pg'],
  message: 'The database is reached through src/data.',
};
const graphqlLibraries = {
  group: ['graphql', 'graphql-*', '@pothos/*'],
  message: 'GraphQL ends at src/schema.',
};

// One for all: whichever the plugin is given first is the one that it keeps.
// It takes documents that are not there for a fault.
const documents = 'client/documents';
const graphqlOptions = {
  graphQLConfig: {
    schema: 'schema.graphql',
    ...(existsSync(new URL(documents, import.meta.url)) ? { documents: `${documents}/*.graphql` } : {}),
  },
};

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      'coverage',
      '.cache',
      'src/data/generated',
      'client/generated',
      'test/support/generated',
      'bench/generated',
      // Its types are in packages of its own: see .ci/run.
      ...(existsSync(new URL('examples/web/node_modules', import.meta.url)) ? [] : ['examples/web']),
    ],
  },
  { files: ['**/*.{js,mjs,ts,tsx}'], ...js.configs.recommended },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [
        importX.createNodeResolver({ extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } }),
      ],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones: directions }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'max-lines': ['error', { max: 400 }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['{src,client,packages/*/src}/**/*.ts'],
    ignores: ['src/main.ts', 'src/cli/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Only main.ts and cli/ touch the process.' },
      ],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'node:process', message: 'Only main.ts and cli/ touch the process.' }] },
      ],
    },
  },
  {
    files: ['src/ledger/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [graphqlLibraries, { ...generatedPrisma, allowTypeImports: true }] },
      ],
    },
  },
  {
    files: ['src/data/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [graphqlLibraries] }] },
  },
  {
    files: ['src/{http,schema,auth,cli}/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ ...generatedPrisma, allowTypeImports: true }] }],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['bench/**/*.js'],
    languageOptions: {
      globals: {
        AbortSignal: 'readonly',
        Buffer: 'readonly',
        TextEncoder: 'readonly',
        clearTimeout: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
  {
    files: ['schema.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: graphqlOptions,
    },
    rules: {
      ...graphql.configs['flat/schema-all'].rules,
      ...graphql.configs['flat/schema-relay'].rules,
      '@graphql-eslint/require-description': [
        'error',
        {
          types: true,
          rootField: true,
          FieldDefinition: true,
          InputValueDefinition: true,
          EnumValueDefinition: true,
          DirectiveDefinition: true,
        },
      ],
      // As `lexicographicSortSchema` has it, which sorts types by code points and knows no groups of fields.
      '@graphql-eslint/alphabetize': [
        'error',
        {
          fields: ['ObjectTypeDefinition', 'InterfaceTypeDefinition', 'InputObjectTypeDefinition'],
          values: true,
          arguments: ['FieldDefinition', 'DirectiveDefinition'],
        },
      ],
      // Sessions and messages are things with an id. The rest is said about them: outcomes, pages, what happened.
      '@graphql-eslint/strict-id-in-types': [
        'error',
        {
          exceptions: {
            types: ['PageInfo', 'Viewer'],
            suffixes: [
              ...['Success', 'Error', 'Connection', 'Edge', 'ChangePage'],
              ...['Appended', 'Changed', 'Grew', 'Updated', 'Moved', 'Deleted', 'CaughtUp'],
            ],
          },
        },
      ],
      // Connections have `nodes` beside `edges`, and mutations take and give plain lists.
      '@graphql-eslint/relay-edge-types': [
        'error',
        { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false },
      ],
      // It is for schemas that are only read.
      '@graphql-eslint/no-root-type': 'off',
      // Clients look for null where it says something: that a session is not there. When the outcome of a mutation
      // or a list can't be had, that is an error, and there is nothing else to show.
      '@graphql-eslint/require-nullable-result-in-root': 'off',
    },
  },
  {
    files: [`${documents}/*.graphql`],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: graphqlOptions,
    },
    rules: graphql.configs['flat/operations-recommended'].rules,
  },
);
