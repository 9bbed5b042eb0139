import { expect, test } from '@jest/globals';
import { misspeltVariables } from '../../src/cli/misspelt-variables.js';
import { variableNames } from '../../src/config.js';

test.each([
  ['RATELIMIT', 'RATE_LIMIT'],
  ['RATE_LIMT', 'RATE_LIMIT'],
  ['RAET_LIMIT', 'RATE_LIMIT'],
  ['rate_limit', 'RATE_LIMIT'],
  ['DATABASE_POOLSIZE', 'DATABASE_POOL_SIZE'],
  ['DATABASE_POOL_SZIE', 'DATABASE_POOL_SIZE'],
  ['DATABASE_URI', 'DATABASE_URL'],
  ['DATABSE_URL', 'DATABASE_URL'],
  ['DATABASEURL', 'DATABASE_URL'],
  ['AUTH_JWTSECRET', 'AUTH_JWT_SECRET'],
  ['AUTH_JWT_SECRETS', 'AUTH_JWT_SECRET'],
  ['AUTH_API_KEY', 'AUTH_API_KEYS'],
  ['CORS_ORIGIN', 'CORS_ORIGINS'],
  ['DATABASE_TIMEOUT', 'DATABASE_TIMEOUT_MILLISECONDS'],
  ['STREAM_TIMEOUT_MS', 'STREAM_TIMEOUT_SECONDS'],
  ['WORKER', 'WORKERS'],
  ['WROKERS', 'WORKERS'],
  ['GRAPHQL', 'GRAPHIQL'],
  ['FASTPATH', 'FAST_PATH'],
  ['FAST_PTAH', 'FAST_PATH'],
  ['LOGLEVEL', 'LOG_LEVEL'],
  ['DATADIR', 'DATA_DIR'],
  ['CHATLEDGER_PORT', 'PORT'],
  ['CHATLEDGER_TOKENS', 'CHATLEDGER_TOKEN'],
])('%s is taken for %s', (name, meant) => {
  expect(misspeltVariables(['PATH', name])).toEqual([{ name, meant }]);
});

// What systems, shells, npm, containers and other programs set.
const foreign = [
  ...[
    'HOSTNAME',
    'host',
    'PORTS',
    'HOME',
    'NODE_ENVIRONMENT',
    'NODE_OPTIONS',
    'npm_config_loglevel',
    'PGDATA',
  ],
  ...[
    'DATABASE_HOST',
    'DATABASE_PORT',
    'DATABASE_NAME',
    'DATABASE_USER',
    'DATABASE_PASSWORD',
    'DATABASE_SCHEMA',
  ],
  ...[
    'DATABASE_POOL',
    'TEST_DATABASE_URL',
    'JWT_SECRET',
    'API_KEY',
    'API_KEYS',
    'AUTH_TOKEN',
    'RATE_LIMIT_WINDOW',
  ],
  ...[
    'LOG_FORMAT',
    'LOG_FILE',
    'WORKDIR',
    'DATA',
    'MIGRATIONS_DIR',
    'COLORTERM',
    'XDG_DATA_DIRS',
    'LC_ALL',
    '_',
    '',
  ],
];

test.each(foreign)('%p is of no concern', (name) => {
  expect(misspeltVariables([name])).toEqual([]);
});

test("right names are right, and one beside the right one is somebody else's", () => {
  expect(misspeltVariables([...variableNames, 'CHATLEDGER_URL', 'CHATLEDGER_TOKEN'])).toEqual([]);
  expect(misspeltVariables(['RATELIMIT', 'RATE_LIMIT'])).toEqual([]);
});
