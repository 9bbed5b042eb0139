import pg from 'pg';

/** The database can't be used, for a reason that its operator can mend. The message is one line, without secrets. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
}

/** Why no connection could be made. */
export interface ConnectionTrouble {
  /** Whether it may pass by itself: the database is not there yet, or has no room. */
  readonly passing: boolean;
  /** What is wrong, after the words "The database at HOST:PORT". */
  readonly what: string;
  readonly remedy: string;
}

/** The variables that name the database, as remedies call them. */
export type AddressVariable = 'DATABASE_URL' | 'DATABASE_DIRECT_URL' | 'DATA_DIR';

type Explain = (variable: AddressVariable, error: Error) => ConnectionTrouble;

const passing =
  (what: string, remedy: (variable: AddressVariable) => string): Explain =>
  (variable) => ({ passing: true, what, remedy: remedy(variable) });
const lasting =
  (what: string, remedy: (variable: AddressVariable) => string): Explain =>
  (variable) => ({ passing: false, what, remedy: remedy(variable) });
/** What the server says itself, which may name the user and the database. */
const saying =
  (remedy: (variable: AddressVariable) => string, isPassing = false): Explain =>
  (variable, { message }) => ({
    passing: isPassing,
    what: `lets nobody in (${oneLine(message)})`,
    remedy: remedy(variable),
  });

const unreachable = passing(
  "can't be reached",
  (variable) => `Check the network, and the host in ${variable}.`,
);
const silent = passing(
  'does not answer',
  (variable) => `Is it up, is it a PostgreSQL server, and are host and port in ${variable} right?`,
);
const closing = passing(
  'closes connections before they are set up',
  (variable) => `Is it a PostgreSQL server, and is the port in ${variable} right?`,
);
const starting = saying(() => 'It is starting, stopping or full: look into its log.', true);
const wrongUser = saying((variable) => `Correct the user and the password in ${variable}.`);
const wrongDatabase = saying(
  (variable) => `Create the database (createdb), or correct its name in ${variable}.`,
);
const untrusted: Explain = (variable, error) => ({
  passing: false,
  what: `has a certificate that can't be trusted (${codeOf(error) ?? oneLine(error.message)})`,
  remedy: `Name the certificate of its authority, sslrootcert=FILE in ${variable} or NODE_EXTRA_CA_CERTS, and the host that its certificate is for.`,
});

/** By codes of the operating system, of Node's TLS, and SQLSTATE. */
const byCode: ReadonlyMap<string, Explain> = new Map([
  [
    'ECONNREFUSED',
    passing(
      'refuses connections',
      (variable) => `Start PostgreSQL there, or correct host and port in ${variable}.`,
    ),
  ],
  ['ECONNRESET', closing],
  ['EPIPE', closing],
  ['ETIMEDOUT', silent],
  ['EHOSTUNREACH', unreachable],
  ['ENETUNREACH', unreachable],
  ['EHOSTDOWN', unreachable],
  ['EADDRNOTAVAIL', unreachable],
  [
    'EAI_AGAIN',
    passing('has a name that nobody can look up at the moment', () => 'Check the name service (DNS).'),
  ],
  [
    'ENOTFOUND',
    lasting('has a host name that nobody knows', (variable) => `Correct the host in ${variable}.`),
  ],
  ['EACCES', lasting("can't be connected to by this user", (variable) => `Check the socket in ${variable}.`)],
  ['57P01', starting],
  ['57P02', starting],
  ['57P03', starting],
  ['53300', starting],
  ['53400', starting],
  ['55000', starting],
  ['28P01', wrongUser],
  ['28000', wrongUser],
  ['3D000', wrongDatabase],
  ['42501', saying(() => 'Give the user the right to connect (GRANT CONNECT ON DATABASE).')],
]);

/** By what the driver and poolers say without a code of their own. PgBouncer's all have 08P01. */
const byMessage: readonly (readonly [RegExp, Explain])[] = [
  [
    /unsupported startup parameter/i,
    saying(() => 'Behind PgBouncer, set ignore_startup_parameters = statement_timeout in its configuration.'),
  ],
  [/no such database/i, wrongDatabase],
  [/auth.* failed|no such user/i, wrongUser],
  [/pgbouncer|server_login|server login|query_wait_timeout|shutting down/i, starting],
  [
    /does not support SSL/i,
    lasting('does not speak TLS', (variable) => `Leave sslmode out of ${variable}, or switch TLS on there.`),
  ],
  [/establishing an SSL connection/i, closing],
  [
    /password must be a/i,
    lasting('asks for a password', (variable) => `Put the password into ${variable}, or into PGPASSWORD.`),
  ],
  [/timeout|timed out/i, silent],
  [/connection terminated|connection ended/i, closing],
];

/** What kept a connection from being made; undefined when nobody foresaw it. */
export function explainConnection(error: unknown, variable: AddressVariable): ConnectionTrouble | undefined {
  if (error instanceof AggregateError) return explainConnection(error.errors[0], variable);
  if (!(error instanceof Error)) return undefined;
  const code = codeOf(error) ?? '';
  // A file that the address names, such as sslrootcert. A socket that is missing has the call "connect".
  if ('syscall' in error && error.syscall === 'open') {
    return {
      passing: false,
      what: `can't be asked, because a file that ${variable} names can't be read (${code})`,
      remedy: 'Correct its path, or its mode.',
    };
  }
  if (code === 'ENOENT') return byCode.get('ECONNREFUSED')?.(variable, error);
  const explain =
    byCode.get(code) ??
    byMessage.find(([pattern]) => pattern.test(error.message))?.[1] ??
    (/CERT|_TLS_|_SSL_|EPROTO|SIGNATURE|ISSUER/.test(code) ? untrusted : undefined);
  if (explain) return explain(variable, error);
  if (!(error instanceof pg.DatabaseError)) return undefined;
  return saying((each) => `Check ${each}.`, code.startsWith('08'))(variable, error);
}

const migrationRemedies: readonly (readonly [RegExp, string])[] = [
  [
    /permission denied|must be owner|must be able to/i,
    'Make the user of DATABASE_URL the owner of the database, or migrate as its owner (chatledger migrate).',
  ],
  [
    /read-only transaction|during recovery/i,
    'It takes no writes: connect to the primary, or let it take them.',
  ],
  [/lock timeout/i, 'Somebody else holds a lock on its tables: end that, and start again.'],
  [/no space left|could not extend file/i, 'Free some space on its disk.'],
];

/** Why migrations could not be applied, where an operator can mend it; otherwise the error as it is. */
export function explainMigration(error: unknown, url: string): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseUnavailableError) return error;
  // The engine goes on with where in its program that was.
  const [said = ''] = error.message.split(/\n +0: /);
  const remedy = migrationRemedies.find(([pattern]) => pattern.test(said))?.[1];
  if (remedy === undefined) return error;
  const what = oneLine(said.replace(/^[^]*ERROR: /, ''));
  return new DatabaseUnavailableError(
    `The database at ${placeOf(url)} can't be migrated: ${what}. ${remedy}`,
    {
      cause: error,
    },
  );
}

/** Host and port of an address, without the user and the password. */
export function placeOf(url: string): string {
  const { hostname, port, searchParams } = new URL(url);
  return (
    searchParams.get('host') ?? `${hostname === '' ? 'localhost' : hostname}:${port === '' ? '5432' : port}`
  );
}

function codeOf(error: Error): string | undefined {
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 300);
}
