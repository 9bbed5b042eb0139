import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, isLoopback, readConfig } from '../../src/config.js';
import { runCommand } from '../support/server-process.js';

type Environment = Record<string, string>;

const hash = createHash('sha256').update('a key').digest('hex');
const secret = randomBytes(32).toString('hex');

function problemsOf(environment: Environment): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('an empty environment', () => {
  test('gives the defaults', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 4_000,
      workers: 1,
      database: {
        url: undefined,
        directUrl: undefined,
        dataDirectory: '.chatledger',
        poolSize: 10,
        preparedStatements: true,
        timeout: 10_000,
      },
      migrate: true,
      live: { notify: true, pollInterval: 5_000 },
      authentication: null,
      corsOrigins: [],
      graphiql: true,
      logLevel: 'info',
      bodyLimit: 8_000_000,
      maxQueued: 1_000,
      streamTimeout: 900_000,
    });
  });

  test('is the same as empty variables, and others do not matter', () => {
    const empty = Object.fromEntries(
      [
        'HOST',
        'PORT',
        'DATABASE_URL',
        'AUTH_JWT_SECRET',
        'AUTH_API_KEYS',
        'CORS_ORIGINS',
        'GRAPHIQL',
        'LOG_LEVEL',
        'STREAM_TIMEOUT_SECONDS',
      ].map((name) => [name, '']),
    );
    expect(readConfig({ ...empty, PATH: '/bin', HOME: undefined })).toEqual(readConfig({}));
  });
});

describe('a variable', () => {
  test.each<[Environment, object]>([
    [{ HOST: 'localhost' }, { host: 'localhost' }],
    [{ HOST: '::1' }, { host: '::1' }],
    [{ PORT: '0' }, { port: 0 }],
    [{ PORT: '65535' }, { port: 65_535 }],
    [{ WORKERS: '64' }, { workers: 64 }],
    [{ DATABASE_URL: 'postgres://a:b@c:1/d' }, { database: { url: 'postgres://a:b@c:1/d' } }],
    [
      { DATABASE_URL: 'postgresql://c/d?sslmode=require' },
      { database: { url: 'postgresql://c/d?sslmode=require' } },
    ],
    [
      { DATABASE_URL: 'postgres://pooler/d', DATABASE_DIRECT_URL: 'postgres://c/d' },
      { database: { url: 'postgres://pooler/d', directUrl: 'postgres://c/d' } },
    ],
    [{ DATA_DIR: ' /var/lib/x ' }, { database: { dataDirectory: '/var/lib/x' } }],
    [{ DATABASE_POOL_SIZE: '1' }, { database: { poolSize: 1 } }],
    [{ DATABASE_PREPARED_STATEMENTS: 'off' }, { database: { preparedStatements: false } }],
    [{ MIGRATE: 'off' }, { migrate: false }],
    [{ LIVE_NOTIFY: 'off' }, { live: { notify: false } }],
    [{ LIVE_POLL_MILLISECONDS: '100' }, { live: { pollInterval: 100 } }],
    [{ GRAPHIQL: 'off' }, { graphiql: false }],
    [{ NODE_ENV: 'production' }, { graphiql: false }],
    [{ NODE_ENV: 'production', GRAPHIQL: 'on' }, { graphiql: true }],
    [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
    [{ BODY_LIMIT: '1000' }, { bodyLimit: 1_000 }],
    [{ STREAM_TIMEOUT_SECONDS: '1' }, { streamTimeout: 1_000 }],
    [{ STREAM_TIMEOUT_SECONDS: '86400' }, { streamTimeout: 86_400_000 }],
    [
      { CORS_ORIGINS: 'https://a.example.com, http://localhost:5173,' },
      { corsOrigins: ['https://a.example.com', 'http://localhost:5173'] },
    ],
    [
      { AUTH_JWT_SECRET: secret, AUTH_JWT_ISSUER: 'i', AUTH_JWT_AUDIENCE: 'a', HOST: '0.0.0.0' },
      {
        host: '0.0.0.0',
        authentication: { jwt: { key: { kind: 'secret', secret }, issuer: 'i', audience: 'a' } },
      },
    ],
    [
      { AUTH_JWKS_URL: 'https://i.example.com/jwks' },
      { authentication: { jwt: { key: { kind: 'jwks', url: new URL('https://i.example.com/jwks') } } } },
    ],
    [
      { AUTH_API_KEYS: `a:${hash.toUpperCase()}, b.c-d_e:${'0'.repeat(64)}`, HOST: '::' },
      {
        authentication: {
          jwt: undefined,
          apiKeys: new Map([
            [hash, 'a'],
            ['0'.repeat(64), 'b.c-d_e'],
          ]),
        },
      },
    ],
  ])('is read: %j', (environment, config) => {
    expect(readConfig(environment)).toMatchObject(config);
  });

  test.each<[Environment, RegExp]>([
    [{ HOST: ' ' }, /^HOST /],
    [{ PORT: 'http' }, /^PORT must be a whole number$/],
    [{ PORT: '-1' }, /^PORT must be a whole number$/],
    [{ PORT: '1e3' }, /^PORT must be a whole number$/],
    [{ PORT: '65536' }, /^PORT must be 65535 or less$/],
    [{ WORKERS: '0' }, /^WORKERS must be 1 or more$/],
    [{ WORKERS: '65' }, /^WORKERS must be 64 or less$/],
    [{ DATABASE_URL: 'mysql://a/b' }, /^DATABASE_URL must be a postgresql:\/\/ address$/],
    [{ DATABASE_URL: 'host=localhost' }, /^DATABASE_URL must be a postgresql:\/\/ address$/],
    [{ DATABASE_POOL_SIZE: '0' }, /^DATABASE_POOL_SIZE must be 1 or more$/],
    [{ DATABASE_PREPARED_STATEMENTS: 'no' }, /^DATABASE_PREPARED_STATEMENTS must be on or off$/],
    [{ MIGRATE: 'false' }, /^MIGRATE must be on or off$/],
    [{ LIVE_NOTIFY: '0' }, /^LIVE_NOTIFY must be on or off$/],
    [
      { DATABASE_URL: 'postgres://a/b', DATABASE_DIRECT_URL: 'mysql://a/b' },
      /^DATABASE_DIRECT_URL must be a postgresql:\/\/ address$/,
    ],
    [{ DATABASE_DIRECT_URL: 'postgres://a/b' }, /^DATABASE_DIRECT_URL needs DATABASE_URL beside it/],
    [{ GRAPHIQL: 'ON' }, /^GRAPHIQL must be on or off$/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be one of trace, debug/],
    [{ BODY_LIMIT: '8MB' }, /^BODY_LIMIT must be a whole number$/],
    [{ BODY_LIMIT: '999' }, /^BODY_LIMIT must be 1000 or more$/],
    [{ STREAM_TIMEOUT_SECONDS: '0' }, /^STREAM_TIMEOUT_SECONDS must be 1 or more$/],
    [{ STREAM_TIMEOUT_SECONDS: '86401' }, /^STREAM_TIMEOUT_SECONDS must be 86400 or less$/],
    [{ STREAM_TIMEOUT_SECONDS: '0.5' }, /^STREAM_TIMEOUT_SECONDS must be a whole number$/],
    [{ AUTH_JWT_SECRET: 'x'.repeat(31) }, /^AUTH_JWT_SECRET must have 32 characters or more$/],
    [{ AUTH_JWKS_URL: 'ftp://i.example.com' }, /^AUTH_JWKS_URL must be an http or https address$/],
    [{ AUTH_JWKS_URL: 'i.example.com' }, /^AUTH_JWKS_URL must be an http or https address$/],
    [{ AUTH_JWT_ISSUER: 'i' }, /^AUTH_JWT_ISSUER needs AUTH_JWT_SECRET or AUTH_JWKS_URL/],
    [{ AUTH_JWT_AUDIENCE: 'a', AUTH_API_KEYS: `a:${hash}` }, /^AUTH_JWT_AUDIENCE needs/],
    [
      { AUTH_JWT_SECRET: secret, AUTH_JWKS_URL: 'https://i.example.com' },
      /^AUTH_JWT_SECRET and AUTH_JWKS_URL exclude/,
    ],
    [{ AUTH_API_KEYS: 'a key' }, /^AUTH_API_KEYS must be name:hash/],
    [{ AUTH_API_KEYS: `a:${hash}, b` }, /^AUTH_API_KEYS must be name:hash/],
    [{ AUTH_API_KEYS: `a:${hash}0` }, /^AUTH_API_KEYS must be name:hash/],
    [{ AUTH_API_KEYS: `a b:${hash}` }, /^AUTH_API_KEYS must be name:hash/],
    [{ CORS_ORIGINS: '*' }, /^CORS_ORIGINS must be origins such as/],
    [{ CORS_ORIGINS: 'null' }, /^CORS_ORIGINS must be origins such as/],
    [{ CORS_ORIGINS: 'https://a.example.com/' }, /^CORS_ORIGINS must be origins such as/],
    [{ CORS_ORIGINS: 'https://*.example.com/x, y' }, /^CORS_ORIGINS must be origins such as/],
    ...['0.0.0.0', '::', '192.168.1.5', 'chat.example.com', '127.0.0.1.example.com'].map(
      (host): [Environment, RegExp] => [
        { HOST: host },
        new RegExp(`^HOST is ${host}, but no authentication`),
      ],
    ),
  ])('is refused by its name: %j', (environment, problem) => {
    const problems = problemsOf(environment);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });
});

const allWrong: Environment = {
  HOST: '0.0.0.0',
  PORT: 'x',
  DATABASE_URL: 'mysql://root:hunter2@h/d',
  DATABASE_POOL_SIZE: '0',
  MIGRATE: 'hunter2',
  AUTH_JWT_ISSUER: 'https://i.example.com',
  AUTH_API_KEYS: '',
  CORS_ORIGINS: '*',
  GRAPHIQL: 'yes',
  LOG_LEVEL: 'loud',
  BODY_LIMIT: '1',
  STREAM_TIMEOUT_SECONDS: 'never',
};
const named = Object.keys(allWrong).filter((name) => name !== 'AUTH_API_KEYS');

describe('many wrong variables', () => {
  test('are told all at once, those too that do not go together', () => {
    const problems = problemsOf(allWrong);
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([...named].sort());
  });

  test('are told without what is secret in them', () => {
    const environment = {
      AUTH_JWT_SECRET: 'hunter2',
      AUTH_JWKS_URL: 'ftp://user:hunter2@i.example.com',
      AUTH_API_KEYS: 'worker:hunter2',
      DATABASE_URL: 'mysql://user:hunter2@h/d',
    };
    const problems = problemsOf(environment);
    expect(problems).toHaveLength(5);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  test('do not say that there is no authentication when it is there and wrong', () => {
    expect(problemsOf({ HOST: '0.0.0.0', AUTH_JWT_SECRET: 'short' })).toEqual([
      'AUTH_JWT_SECRET must have 32 characters or more',
    ]);
  });

  test('keep the program from starting, which says them all', async () => {
    const { code, stdout, stderr } = await runCommand([], allWrong);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    for (const name of named) expect(stderr).toMatch(new RegExp(`^- ${name} `, 'm'));
    expect(stderr).not.toContain('hunter2');
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});

test.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.1.2.3', true],
  ['::1', true],
  ['[::1]', true],
  ['0.0.0.0', false],
  ['127.0.0.1.nip.io', false],
  ['localhost.example.com', false],
  ['10.127.0.0', false],
  ['::', false],
  ['', false],
])('isLoopback(%j) is %j', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});
