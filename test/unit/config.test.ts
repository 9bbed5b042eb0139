import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../../src/config.js';
import { wrongVariables, wrongVariableNames } from '../support/wrong-variables.js';

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
        wait: 30_000,
        poolSize: 10,
        preparedStatements: true,
        timeout: 10_000,
      },
      requestTimeout: 30_000,
      stopTimeout: 10_000,
      socketLimit: 10_000,
      socketOperationLimit: 200,
      migrate: true,
      credentialsKeys: [],
      live: { notify: true, pollInterval: 5_000 },
      authentication: null,
      cors: { origins: [], headers: [] },
      graphiql: true,
      fastPath: true,
      logLevel: 'info',
      bodyLimit: 8_000_000,
      limits: {
        tokens: 50_000,
        depth: 16,
        aliases: 100,
        directives: 50,
        answer: 16_000_000,
        cost: 50_000,
        rate: null,
        live: 100,
        concurrent: 250,
        running: { most: 5, patience: 30_000 },
        services: false,
      },
      unreadLimit: 32_000_000,
      maxQueued: 1_000,
      arrivalTimeout: 10_000,
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
        'CREDENTIALS_KEYS',
        'CREDENTIALS_KEYS_FILE',
        'CORS_ORIGINS',
        'CORS_HEADERS',
        'GRAPHIQL',
        'FAST_PATH',
        'LOG_LEVEL',
        'STOP_TIMEOUT_SECONDS',
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
    [{ FAST_PATH: 'off' }, { fastPath: false }],
    [{ FAST_PATH: 'on' }, { fastPath: true }],
    [{ NODE_ENV: 'production', AUTH_JWT_SECRET: secret }, { graphiql: false }],
    [{ NODE_ENV: 'production', AUTH_API_KEYS: `a:${hash}`, GRAPHIQL: 'on' }, { graphiql: true }],
    [{ DATABASE_WAIT_SECONDS: '0' }, { database: { wait: 0 } }],
    [{ LOG_LEVEL: 'silent' }, { logLevel: 'silent' }],
    [{ BODY_LIMIT: '1000' }, { bodyLimit: 1_000 }],
    [{ TOKEN_LIMIT: '100' }, { limits: { tokens: 100 } }],
    [{ DEPTH_LIMIT: '1000' }, { limits: { depth: 1_000 } }],
    [{ ALIAS_LIMIT: '0' }, { limits: { aliases: 0 } }],
    [{ DIRECTIVE_LIMIT: '0' }, { limits: { directives: 0 } }],
    [{ COST_LIMIT: '9007199254740991' }, { limits: { cost: Number.MAX_SAFE_INTEGER } }],
    [{ RATE_LIMIT: '0' }, { limits: { rate: null } }],
    [{ RATE_LIMIT: '1000' }, { limits: { rate: { perSecond: 1_000, burst: 50_000 } } }],
    [{ RATE_LIMIT: '10000' }, { limits: { rate: { perSecond: 10_000, burst: 100_000 } } }],
    [{ RATE_LIMIT: '1', RATE_BURST: '50000' }, { limits: { rate: { perSecond: 1, burst: 50_000 } } }],
    [
      { RATE_LIMIT: '1', RATE_BURST: '7', COST_LIMIT: '7' },
      { limits: { cost: 7, rate: { perSecond: 1, burst: 7 } } },
    ],
    [{ LIVE_LIMIT: '1' }, { limits: { live: 1 } }],
    [{ LIMIT_SERVICES: 'on' }, { limits: { services: true } }],
    [{ REQUEST_TIMEOUT_MILLISECONDS: '100' }, { requestTimeout: 100 }],
    [{ ARRIVAL_TIMEOUT_MILLISECONDS: '600000' }, { arrivalTimeout: 600_000 }],
    [{ STOP_TIMEOUT_SECONDS: '2' }, { stopTimeout: 2_000 }],
    [{ STOP_TIMEOUT_SECONDS: '3600' }, { stopTimeout: 3_600_000 }],
    [{ STREAM_TIMEOUT_SECONDS: '1' }, { streamTimeout: 1_000 }],
    [{ STREAM_TIMEOUT_SECONDS: '86400' }, { streamTimeout: 86_400_000 }],
    [
      { CORS_ORIGINS: 'https://a.example.com, http://localhost:5173,' },
      { cors: { origins: ['https://a.example.com', 'http://localhost:5173'], headers: [] } },
    ],
    [{ CORS_HEADERS: 'x-tenant, X-Other,' }, { cors: { origins: [], headers: ['x-tenant', 'X-Other'] } }],
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
    [{ FAST_PATH: 'yes' }, /^FAST_PATH must be on or off$/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be one of trace, debug/],
    [{ BODY_LIMIT: '8MB' }, /^BODY_LIMIT must be a whole number$/],
    [{ BODY_LIMIT: '999' }, /^BODY_LIMIT must be 1000 or more$/],
    [{ TOKEN_LIMIT: '99' }, /^TOKEN_LIMIT must be 100 or more$/],
    [{ DEPTH_LIMIT: '0' }, /^DEPTH_LIMIT must be 1 or more$/],
    [{ DEPTH_LIMIT: '1001' }, /^DEPTH_LIMIT must be 1000 or less$/],
    [{ ALIAS_LIMIT: '-1' }, /^ALIAS_LIMIT must be a whole number$/],
    [{ DIRECTIVE_LIMIT: 'none' }, /^DIRECTIVE_LIMIT must be a whole number$/],
    [{ COST_LIMIT: '0' }, /^COST_LIMIT must be 1 or more$/],
    [{ COST_LIMIT: '9007199254740993' }, /^COST_LIMIT must be 9007199254740991 or less$/],
    [{ RATE_LIMIT: '0.5' }, /^RATE_LIMIT must be a whole number$/],
    [{ RATE_BURST: '100000' }, /^RATE_BURST needs RATE_LIMIT beside it/],
    [{ RATE_LIMIT: '0', RATE_BURST: '100000' }, /^RATE_BURST needs RATE_LIMIT beside it/],
    [{ RATE_LIMIT: '1', RATE_BURST: '49999' }, /^RATE_BURST must be COST_LIMIT or more/],
    [{ RATE_LIMIT: '1', RATE_BURST: '50000', COST_LIMIT: '50001' }, /^RATE_BURST must be COST_LIMIT or more/],
    [{ LIVE_LIMIT: '0' }, /^LIVE_LIMIT must be 1 or more$/],
    [{ LIMIT_SERVICES: 'yes' }, /^LIMIT_SERVICES must be on or off$/],
    [{ STOP_TIMEOUT_SECONDS: '1' }, /^STOP_TIMEOUT_SECONDS must be 2 or more$/],
    [{ STOP_TIMEOUT_SECONDS: '3601' }, /^STOP_TIMEOUT_SECONDS must be 3600 or less$/],
    [{ STREAM_TIMEOUT_SECONDS: '0' }, /^STREAM_TIMEOUT_SECONDS must be 1 or more$/],
    [{ STREAM_TIMEOUT_SECONDS: '86401' }, /^STREAM_TIMEOUT_SECONDS must be 86400 or less$/],
    [{ STREAM_TIMEOUT_SECONDS: '0.5' }, /^STREAM_TIMEOUT_SECONDS must be a whole number$/],
    [
      { AUTH_JWT_SECRET: 'x'.repeat(31) },
      /^AUTH_JWT_SECRET must have 32 characters or more, in UTF-16 code units$/,
    ],
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
    [{ NODE_ENV: 'production' }, /^NODE_ENV is production, but no authentication is configured/],
    [{ NODE_ENV: 'production', AUTH_API_KEYS: ' , ' }, /^NODE_ENV is production, but no authentication/],
    [{ CORS_HEADERS: 'x tenant' }, /^CORS_HEADERS must be names of headers such as/],
    [{ CORS_HEADERS: 'x-tenant\r\nx: y' }, /^CORS_HEADERS must be names of headers such as/],
    [{ DATABASE_WAIT_SECONDS: '-1' }, /^DATABASE_WAIT_SECONDS must be a whole number$/],
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

test('commands that do not listen need no authentication', () => {
  const config = readConfig({ NODE_ENV: 'production', HOST: '0.0.0.0' }, 'command');
  expect(config).toMatchObject({ host: '0.0.0.0', authentication: null });
});

describe('keys of credentials', () => {
  const bytes = [randomBytes(32), randomBytes(32)] as const;
  const [one, two] = bytes.map((each) => each.toString('base64')) as [string, string];
  const keysOf = (environment: Environment) =>
    readConfig(environment).credentialsKeys.map(({ id, key }) => [id, key.export()]);

  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'chatledger-config-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const fileWith = async (text: string) => {
    const file = path.join(folder, 'keys');
    await writeFile(file, text);
    return file;
  };

  test.each([
    [`a:${one}`, [['a', bytes[0]]]],
    [
      ` b_2-c:${one} ,, a:${two},`,
      [
        ['b_2-c', bytes[0]],
        ['a', bytes[1]],
      ],
    ],
    [`a:${bytes[0].toString('base64url')}`, [['a', bytes[0]]]],
  ])('are read in their order, from a variable and from a file', async (text, keys) => {
    expect(keysOf({ CREDENTIALS_KEYS: text })).toEqual(keys);
    expect(keysOf({ CREDENTIALS_KEYS_FILE: await fileWith(`\n${text.replace(',', '\n')}\n`) })).toEqual(keys);
  });

  test.each([
    ['no id', one, /^\S+ must be id:key, id:key/],
    ['a bad id', `a.b:${one}`, /^\S+ must be id:key, id:key/],
    ['31 bytes', `a:${bytes[0].subarray(1).toString('base64')}`, /^\S+ must be id:key, id:key/],
    ['33 bytes', `a:${Buffer.from([...bytes[0], 1]).toString('base64')}`, /^\S+ must be id:key, id:key/],
    ['hexadecimal', `a:${bytes[0].toString('hex')}`, /^\S+ must be id:key, id:key/],
    ['a good and a bad one', `a:${one},b`, /^\S+ must be id:key, id:key/],
    ['an id that comes twice', `a:${one},a:${two}`, /^\S+ must give each key an id of its own$/],
    ['nothing but commas', ' ,', /^\S+ must hold a key$/],
  ])('are refused with %s, and never repeated', async (_what, text, problem) => {
    for (const environment of [{ CREDENTIALS_KEYS: text }, { CREDENTIALS_KEYS_FILE: await fileWith(text) }]) {
      const problems = problemsOf(environment);
      expect(problems).toEqual([expect.stringMatching(problem)]);
      expect(problems[0]?.split(' ')[0]).toBe(Object.keys(environment)[0]);
      for (const key of [one, two]) expect(problems[0]).not.toContain(key.slice(0, 20));
    }
  });

  test('are refused when the file is not there, or when they come in both ways', async () => {
    expect(problemsOf({ CREDENTIALS_KEYS_FILE: path.join(folder, 'none') })).toEqual([
      "CREDENTIALS_KEYS_FILE names a file that can't be read (ENOENT)",
    ]);
    const file = await fileWith(`a:${one}`);
    expect(problemsOf({ CREDENTIALS_KEYS: `a:${one}`, CREDENTIALS_KEYS_FILE: file })).toEqual([
      'CREDENTIALS_KEYS and CREDENTIALS_KEYS_FILE exclude each other: put all keys into one list',
    ]);
  });

  test('show nothing of themselves to who prints the configuration', () => {
    const config = readConfig({ CREDENTIALS_KEYS: `a:${one}` });
    const printed = [inspect(config, { depth: 10, showHidden: true }), JSON.stringify(config)];
    expect(printed[0]).toContain('KeyObject');
    for (const text of printed) {
      expect(text).not.toContain(one.slice(0, 20));
      expect(text).not.toContain([...bytes[0].subarray(0, 4)].join(','));
      expect(text).not.toContain(bytes[0].toString('hex').slice(0, 8));
    }
  });
});

describe('many wrong variables', () => {
  test('are told all at once, those too that do not go together', () => {
    const problems = problemsOf(wrongVariables);
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([...wrongVariableNames].sort());
  });

  test('are told without what is secret in them', () => {
    const environment = {
      AUTH_JWT_SECRET: 'hunter2',
      AUTH_JWKS_URL: 'ftp://user:hunter2@i.example.com',
      AUTH_API_KEYS: 'worker:hunter2',
      CREDENTIALS_KEYS: 'a:hunter2',
      DATABASE_URL: 'mysql://user:hunter2@h/d',
    };
    const problems = problemsOf(environment);
    expect(problems).toHaveLength(6);
    expect(problems.join('\n')).not.toContain('hunter2');
  });

  test('do not say that there is no authentication when it is there and wrong', () => {
    expect(problemsOf({ HOST: '0.0.0.0', AUTH_JWT_SECRET: 'short' })).toEqual([
      'AUTH_JWT_SECRET must have 32 characters or more, in UTF-16 code units',
    ]);
  });
});
