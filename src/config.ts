import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseCredentialsKeys, type CredentialsKey } from './credentials-keys.js';
import { isLoopback } from './loopback.js';
import { decodeUtf8 } from './utf8.js';

/** All that the operator decides, read from environment variables once, at the start. */
export interface Config {
  readonly host: string;
  /** 0 lets the system choose a free one. */
  readonly port: number;
  /** Processes that answer requests. From 2 on there is one more, which starts them. */
  readonly workers: number;
  readonly database: {
    /** Undefined: the embedded database in `dataDirectory`. */
    readonly url: string | undefined;
    /** The same database without a transaction pooler in between. Undefined: `url` leads straight to it. */
    readonly directUrl: string | undefined;
    readonly dataDirectory: string;
    /** Milliseconds that a start waits for the database, or for a lock that keeps it from migrating. */
    readonly wait: number;
    readonly poolSize: number;
    readonly preparedStatements: boolean;
    /** Milliseconds that a statement may take. */
    readonly timeout: number;
  };
  /** Milliseconds after which nothing more is begun for a request. */
  readonly requestTimeout: number;
  readonly migrate: boolean;
  /**
   * For credentials: the first encrypts, all decrypt. None: the embedded database has a key of its own, and with any
   * other one no credentials are taken.
   */
  readonly credentialsKeys: readonly CredentialsKey[];
  /** How those who watch learn of changes. */
  readonly live: {
    /** Whether processes on the same database tell each other of changes through LISTEN and NOTIFY. */
    readonly notify: boolean;
    /** Milliseconds after which changes are looked for of which nobody told. */
    readonly pollInterval: number;
  };
  /** Null in development mode: loopback only, and the caller says who it is. */
  readonly authentication: AuthenticationConfig | null;
  /** Pages of other origins that may ask. */
  readonly cors: {
    readonly origins: readonly string[];
    /** Names of headers that they may send beyond those which all may. */
    readonly headers: readonly string[];
  };
  readonly graphiql: boolean;
  /** Whether plain queries and mutations go past Yoga. Their answers are the same either way. */
  readonly fastPath: boolean;
  /** File of the only documents that are run. Undefined: any are. */
  readonly trustedDocuments: string | undefined;
  readonly logLevel: (typeof logLevels)[number];
  /** Bytes of a request's body at most. */
  readonly bodyLimit: number;
  readonly limits: Limits;
  /** Bytes that may wait in each process for clients to read them. */
  readonly unreadLimit: number;
  /** Requests that may wait for their answers at a time, in each process. */
  readonly maxQueued: number;
  /** Milliseconds in which the whole of a request must have arrived. */
  readonly arrivalTimeout: number;
  /** Milliseconds in which the process must have ended after a signal; requests under way have half of it. */
  readonly stopTimeout: number;
  /** WebSockets that may be open at a time, in each process. */
  readonly socketLimit: number;
  /** Operations that may be under way on one WebSocket at a time. */
  readonly socketOperationLimit: number;
  /** Milliseconds after which a message IN_PROGRESS fails when nothing was heard of its writer. */
  readonly streamTimeout: number;
}

/** What a document may have at most, and what a viewer may ask for. */
export interface Limits {
  readonly tokens: number;
  /** Levels of fields. */
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  /** Bytes of an answer, or of an event of a stream. */
  readonly answer: number;
  /** Of one operation with its variables; see `planCost`. */
  readonly cost: number;
  /** Cost that a viewer may spend on this process in a second, and at once after a pause. Null: any. */
  readonly rate: { readonly perSecond: number; readonly burst: number } | null;
  /** Subscriptions of a viewer to this process that are live at the same time. */
  readonly live: number;
  /** Requests of a viewer to this process that run or wait to run. */
  readonly concurrent: number;
  /** Those of them that run at the same time, and the milliseconds that another one waits for that at most. */
  readonly running: { readonly most: number; readonly patience: number };
  /** Whether `rate`, `live`, `concurrent` and `running` are for services too. */
  readonly services: boolean;
}

export interface AuthenticationConfig {
  /** How user tokens are proved, if users may come at all. */
  readonly jwt:
    | {
        readonly key:
          { readonly kind: 'secret'; readonly secret: string } | { readonly kind: 'jwks'; readonly url: URL };
        readonly issuer: string | undefined;
        readonly audience: string | undefined;
      }
    | undefined;
  /** Names of services by the SHA-256 of their key, in hexadecimal. */
  readonly apiKeys: ReadonlyMap<string, string>;
}

/** Everything that is wrong with the environment, each line naming its variable. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : 'problems'}:\n- ${problems.join('\n- ')}`,
    );
  }
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const text = z.string().trim().min(1).optional();
const onOff = z.enum(['on', 'off'], 'must be on or off');
const wholeNumber = (minimum: number, maximum: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(minimum, `must be ${minimum} or more`).max(maximum, `must be ${maximum} or less`));

/** For limits that somebody may want to be none. */
const countless = Number.MAX_SAFE_INTEGER;

const databaseAddress = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgresql:// address' });
const webAddress = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });

const defaultCostLimit = 50_000;
const defaultAnswerLimit = 16_000_000;
const defaultUnreadLimit = 32_000_000;

const variables = z.object({
  HOST: z.string().trim().min(1).default('127.0.0.1'),
  PORT: wholeNumber(0, 65_535).default(4000),
  WORKERS: wholeNumber(1, 64).default(1),
  DATABASE_URL: databaseAddress.optional(),
  DATABASE_DIRECT_URL: databaseAddress.optional(),
  DATA_DIR: z.string().trim().min(1).default('.chatledger'),
  DATABASE_WAIT_SECONDS: wholeNumber(0, 86_400).default(30),
  DATABASE_POOL_SIZE: wholeNumber(1, 1_000).default(10),
  DATABASE_PREPARED_STATEMENTS: onOff.default('on'),
  DATABASE_TIMEOUT_MILLISECONDS: wholeNumber(100, 600_000).default(10_000),
  REQUEST_TIMEOUT_MILLISECONDS: wholeNumber(100, 3_600_000).default(30_000),
  MIGRATE: onOff.default('on'),
  CREDENTIALS_KEYS: z.string().transform(keysOf).optional(),
  CREDENTIALS_KEYS_FILE: z.string().trim().min(1).transform(keysIn).optional(),
  LIVE_NOTIFY: onOff.default('on'),
  LIVE_POLL_MILLISECONDS: wholeNumber(100, 3_600_000).default(5_000),
  AUTH_JWT_SECRET: z.string().min(32, 'must have 32 characters or more, in UTF-16 code units').optional(),
  AUTH_JWKS_URL: webAddress.optional(),
  AUTH_JWT_ISSUER: text,
  AUTH_JWT_AUDIENCE: text,
  AUTH_API_KEYS: z.string().default('').transform(parseApiKeys),
  CORS_ORIGINS: z.string().default('').transform(listItems).pipe(z.array(origin())),
  CORS_HEADERS: z.string().default('').transform(listItems).pipe(z.array(headerName())),
  GRAPHIQL: onOff.optional(),
  FAST_PATH: onOff.default('on'),
  TRUSTED_DOCUMENTS: text,
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  BODY_LIMIT: wholeNumber(1_000, 1_000_000_000).default(8_000_000),
  TOKEN_LIMIT: wholeNumber(100, 10_000_000).default(50_000),
  DEPTH_LIMIT: wholeNumber(1, 1_000).default(16),
  ALIAS_LIMIT: wholeNumber(0, countless).default(100),
  DIRECTIVE_LIMIT: wholeNumber(0, countless).default(50),
  COST_LIMIT: wholeNumber(1, countless).default(defaultCostLimit),
  ANSWER_LIMIT: wholeNumber(100_000, 500_000_000).default(defaultAnswerLimit),
  UNREAD_LIMIT: wholeNumber(100_000, countless).default(defaultUnreadLimit),
  RATE_LIMIT: wholeNumber(0, 1_000_000_000).default(0),
  RATE_BURST: wholeNumber(1, countless).optional(),
  LIVE_LIMIT: wholeNumber(1, 1_000_000).default(100),
  CONCURRENT_LIMIT: wholeNumber(1, 1_000_000).default(250),
  LIMIT_SERVICES: onOff.default('off'),
  MAX_QUEUED: wholeNumber(1, 1_000_000).default(1_000),
  ARRIVAL_TIMEOUT_MILLISECONDS: wholeNumber(100, 600_000).default(10_000),
  SOCKET_LIMIT: wholeNumber(0, 1_000_000).default(10_000),
  SOCKET_OPERATION_LIMIT: wholeNumber(1, 1_000_000).default(200),
  STOP_TIMEOUT_SECONDS: wholeNumber(2, 3_600).default(10),
  STREAM_TIMEOUT_SECONDS: wholeNumber(1, 86_400).default(900),
  NODE_ENV: z.string().optional(),
});

/** What an environment is read for: commands that do not listen need no authentication. */
export type ConfigUse = 'server' | 'command';

/** Names of all variables that are read. */
export const variableNames: readonly string[] = Object.keys(variables.shape);

/** @throws ConfigError with every problem at once */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  use: ConfigUse = 'server',
): Config {
  // An empty variable is how shells and compose files say "not set".
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = variables.safeParse(set);
  const malformed = result.error?.issues.map((issue) => `${String(issue.path[0])} ${issue.message}`) ?? [];
  const problems = [
    ...new Set([...malformed, ...contradictions(set), ...(use === 'server' ? exposures(set) : [])]),
  ];
  if (!result.success || problems.length > 0) throw new ConfigError(problems);

  const env = result.data;
  const authentication = authenticationOf(env);
  return {
    host: env.HOST,
    port: env.PORT,
    workers: env.WORKERS,
    database: {
      url: env.DATABASE_URL,
      directUrl: env.DATABASE_DIRECT_URL,
      dataDirectory: env.DATA_DIR,
      wait: env.DATABASE_WAIT_SECONDS * 1_000,
      poolSize: env.DATABASE_POOL_SIZE,
      preparedStatements: env.DATABASE_PREPARED_STATEMENTS === 'on',
      timeout: env.DATABASE_TIMEOUT_MILLISECONDS,
    },
    requestTimeout: env.REQUEST_TIMEOUT_MILLISECONDS,
    migrate: env.MIGRATE === 'on',
    credentialsKeys: env.CREDENTIALS_KEYS ?? env.CREDENTIALS_KEYS_FILE ?? [],
    live: { notify: env.LIVE_NOTIFY === 'on', pollInterval: env.LIVE_POLL_MILLISECONDS },
    authentication,
    cors: { origins: env.CORS_ORIGINS, headers: env.CORS_HEADERS },
    graphiql: env.GRAPHIQL ? env.GRAPHIQL === 'on' : env.NODE_ENV !== 'production',
    fastPath: env.FAST_PATH === 'on',
    trustedDocuments: env.TRUSTED_DOCUMENTS,
    logLevel: env.LOG_LEVEL,
    bodyLimit: env.BODY_LIMIT,
    limits: limitsOf(env),
    unreadLimit: env.UNREAD_LIMIT,
    maxQueued: env.MAX_QUEUED,
    arrivalTimeout: env.ARRIVAL_TIMEOUT_MILLISECONDS,
    stopTimeout: env.STOP_TIMEOUT_SECONDS * 1_000,
    socketLimit: env.SOCKET_LIMIT,
    socketOperationLimit: env.SOCKET_OPERATION_LIMIT,
    streamTimeout: env.STREAM_TIMEOUT_SECONDS * 1_000,
  };
}

type Variables = z.output<typeof variables>;

/** What does not go together, whether or not each variable is right in itself. */
function contradictions(env: Readonly<Record<string, string | undefined>>): string[] {
  const problems: string[] = [];
  if (env['AUTH_JWT_SECRET'] && env['AUTH_JWKS_URL']) {
    problems.push('AUTH_JWT_SECRET and AUTH_JWKS_URL exclude each other: tokens are proved in one way');
  }
  if (env['DATABASE_DIRECT_URL'] && !env['DATABASE_URL']) {
    problems.push('DATABASE_DIRECT_URL needs DATABASE_URL beside it: it is another way to the same database');
  }
  if (env['CREDENTIALS_KEYS'] && env['CREDENTIALS_KEYS_FILE']) {
    problems.push(
      'CREDENTIALS_KEYS and CREDENTIALS_KEYS_FILE exclude each other: put all keys into one list',
    );
  }
  const withoutKey = !env['AUTH_JWT_SECRET'] && !env['AUTH_JWKS_URL'];
  for (const name of ['AUTH_JWT_ISSUER', 'AUTH_JWT_AUDIENCE'] as const) {
    if (env[name] && withoutKey) problems.push(`${name} needs AUTH_JWT_SECRET or AUTH_JWKS_URL beside it`);
  }
  if (env['RATE_BURST'] && Number(env['RATE_LIMIT'] ?? 0) === 0) {
    problems.push('RATE_BURST needs RATE_LIMIT beside it: without it nothing limits the rate');
  } else if (Number(env['RATE_BURST']) < Number(env['COST_LIMIT'] ?? defaultCostLimit)) {
    problems.push('RATE_BURST must be COST_LIMIT or more: what one request may ask for would never be there');
  }
  return problems;
}

/** Where a server without authentication would answer others than its developer. */
function exposures(env: Readonly<Record<string, string | undefined>>): string[] {
  if (env['AUTH_JWT_SECRET'] || env['AUTH_JWKS_URL'] || listItems(env['AUTH_API_KEYS'] ?? '').length > 0)
    return [];
  const problems: string[] = [];
  if (env['NODE_ENV'] === 'production') {
    problems.push(
      'NODE_ENV is production, but no authentication is configured, and without it callers say themselves who they ' +
        'are: set AUTH_JWT_SECRET, AUTH_JWKS_URL or AUTH_API_KEYS',
    );
  }
  if (Number(env['UNREAD_LIMIT'] ?? defaultUnreadLimit) < Number(env['ANSWER_LIMIT'] ?? defaultAnswerLimit)) {
    problems.push('UNREAD_LIMIT must be ANSWER_LIMIT or more: an answer waits until its client has read it');
  }
  const host = env['HOST']?.trim();
  if (host && !isLoopback(host)) {
    problems.push(
      `HOST is ${host}, but no authentication is configured, and without it the server listens on loopback only: ` +
        'set AUTH_JWT_SECRET, AUTH_JWKS_URL or AUTH_API_KEYS, or leave HOST at 127.0.0.1',
    );
  }
  return problems;
}

function authenticationOf(env: Variables): AuthenticationConfig | null {
  const key = env.AUTH_JWT_SECRET
    ? { kind: 'secret' as const, secret: env.AUTH_JWT_SECRET }
    : env.AUTH_JWKS_URL
      ? { kind: 'jwks' as const, url: new URL(env.AUTH_JWKS_URL) }
      : undefined;
  if (!key && env.AUTH_API_KEYS.size === 0) return null;
  const jwt = key && { key, issuer: env.AUTH_JWT_ISSUER, audience: env.AUTH_JWT_AUDIENCE };
  return { jwt, apiKeys: env.AUTH_API_KEYS };
}

function limitsOf(env: Variables): Limits {
  return {
    tokens: env.TOKEN_LIMIT,
    depth: env.DEPTH_LIMIT,
    aliases: env.ALIAS_LIMIT,
    directives: env.DIRECTIVE_LIMIT,
    answer: env.ANSWER_LIMIT,
    cost: env.COST_LIMIT,
    rate:
      env.RATE_LIMIT === 0
        ? null
        : {
            perSecond: env.RATE_LIMIT,
            // Whatever is allowed in one request is allowed after a pause.
            burst: env.RATE_BURST ?? Math.max(10 * env.RATE_LIMIT, env.COST_LIMIT),
          },
    live: env.LIVE_LIMIT,
    concurrent: env.CONCURRENT_LIMIT,
    // Half of the connections stay for others.
    running: {
      most: Math.ceil(env.DATABASE_POOL_SIZE / 2),
      patience: env.REQUEST_TIMEOUT_MILLISECONDS,
    },
    services: env.LIMIT_SERVICES === 'on',
  };
}

function parseApiKeys(value: string, context: z.RefinementCtx): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const item of listItems(value)) {
    const match = /^([\w.-]{1,100}):([0-9a-f]{64})$/i.exec(item);
    const [, name, hash] = match ?? [];
    if (name === undefined || hash === undefined) {
      // The item is not repeated in the message: somebody may have put the key itself there.
      context.addIssue({
        code: 'custom',
        message: 'must be name:hash, name:hash ... as `chatledger api-key` prints it',
      });
      return keys;
    }
    keys.set(hash.toLowerCase(), name);
  }
  return keys;
}

function keysOf(value: string, context: z.RefinementCtx): readonly CredentialsKey[] {
  const keys = parseCredentialsKeys(value);
  if (typeof keys !== 'string') return keys;
  context.addIssue({ code: 'custom', message: keys });
  return [];
}

function keysIn(file: string, context: z.RefinementCtx): readonly CredentialsKey[] {
  try {
    const text = decodeUtf8(readFileSync(file));
    if (text !== undefined) return keysOf(text, context);
    context.addIssue({ code: 'custom', message: 'names a file that is not UTF-8' });
    return [];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    context.addIssue({ code: 'custom', message: `names a file that can't be read (${code ?? 'unknown'})` });
    return [];
  }
}

function listItems(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function origin() {
  return z
    .string()
    .refine(
      (value) => URL.canParse(value) && new URL(value).origin === value,
      'must be origins such as https://app.example.com, separated by commas',
    );
}

function headerName() {
  return z
    .string()
    .regex(/^[\w!#$%&'*+.^`|~-]+$/, 'must be names of headers such as x-tenant, separated by commas');
}
