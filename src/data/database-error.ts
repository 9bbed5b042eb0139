import pg from 'pg';
import { ChatledgerError, type ErrorCode } from '../errors.js';

/** What went wrong in the database, as far as anybody decides by it. */
export type DatabaseErrorKind =
  /** A unique constraint refused a row; `constraint` names it. */
  | 'unique'
  /** Serialisation failure or deadlock: rolled back, the same statement may succeed at once. */
  | 'conflict'
  /** The connection broke or was refused. Whether a statement that was under way took effect is not known. */
  | 'connection'
  /** No connection was free in time, or the server has no room; nothing was sent or done. */
  | 'capacity'
  /** The statement took longer than it may. */
  | 'timeout'
  /** The database could not be reached the last few times, so nothing was sent. The log has been told. */
  | 'down';

const codes = {
  unique: 'INTERNAL_SERVER_ERROR',
  conflict: 'SERVICE_UNAVAILABLE',
  connection: 'SERVICE_UNAVAILABLE',
  capacity: 'SERVICE_UNAVAILABLE',
  timeout: 'TIMEOUT',
  down: 'SERVICE_UNAVAILABLE',
} as const satisfies Record<DatabaseErrorKind, ErrorCode>;

const messages = {
  unique: 'Internal server error.',
  conflict: 'The database was busy with a change to the same rows. Try again.',
  connection: 'The database is not reachable at the moment. Try again.',
  capacity: 'The database has no room for this request at the moment. Try again.',
  timeout: 'The database did not answer in time.',
  down: 'The database is not reachable at the moment. Try again.',
} as const satisfies Record<DatabaseErrorKind, string>;

/** A failure of the database, whichever way the statement went. The driver's own error is the `cause`. */
export class DatabaseError extends ChatledgerError {
  readonly code: ErrorCode;
  /** Name of the statement that failed, where it is one of ours. */
  statement: string | undefined;
  constructor(
    readonly kind: DatabaseErrorKind,
    /** Name of the constraint, for `unique`. */
    readonly constraint: string | undefined,
    cause: unknown,
  ) {
    super(messages[kind], { cause });
    this.code = codes[kind];
  }
}

/** A write whose outcome is unknown and that is not safe to send again. */
export class OutcomeUnknownError extends DatabaseError {
  override readonly isRepeatable = false;
  constructor({ kind, constraint, cause }: DatabaseError) {
    super(kind, constraint, cause);
    this.message = 'Nobody knows whether this was done. Look before you send it again.';
  }
}

/** Whether it is certain that the statement which failed so did nothing. */
export function isWithoutEffect({ kind, cause }: DatabaseError): boolean {
  if (kind !== 'connection') return kind !== 'timeout';
  for (const layer of layersOf(cause)) {
    // A refusal of the server rolls back, but one that ends the connection may come after a commit.
    const state = sqlStateOf(layer);
    if (state !== undefined) return !/^(57P01|57P02|57P05|08...)$/.test(state);
    if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/.test(field(layer, 'code') ?? ''))
      return true;
  }
  return false;
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html: invalid_sql_statement_name, duplicate_prepared_statement
const unknownStatement: ReadonlySet<string | undefined> = new Set(['26000', '42P05']);

/** Whether a connection did not have a statement that was prepared, or had it already. */
export function isUnknownStatement(result: PromiseSettledResult<unknown>): boolean {
  if (result.status === 'fulfilled') return false;
  const reason: unknown = result.reason;
  return reason instanceof pg.DatabaseError && unknownStatement.has(reason.code);
}

/** Turns what the driver or Prisma threw into a DatabaseError; what it does not know comes back as it is. */
export function toDatabaseError<Thrown>(error: Thrown): Thrown | DatabaseError {
  for (const layer of layersOf(error)) if (layer instanceof DatabaseError) return layer;
  const kind = kindOf(error);
  return kind === undefined ? error : new DatabaseError(kind, constraintOf(error), error);
}

/** The result of a query of Prisma. @throws DatabaseError for its failures */
export async function withDatabaseErrors<Result>(query: PromiseLike<Result>): Promise<Result> {
  try {
    return await query;
  } catch (error) {
    throw traced(toDatabaseError(error));
  }
}

/**
 * Gives a failure the stack of the code that waits for it, in place of that of the driver, which knows nothing of it.
 * For an asynchronous function that has just caught it.
 *
 * @param statement the name of the statement that failed
 */
export function traced<Thrown>(error: Thrown, statement?: string): Thrown {
  if (error instanceof DatabaseError) error.statement = statement?.replace(/:.*/, '');
  if (error instanceof Error) Error.captureStackTrace(error, traced);
  return error;
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html
const kindBySqlState: ReadonlyMap<string, DatabaseErrorKind> = new Map([
  ['23505', 'unique'],
  ['40001', 'conflict'],
  ['40P01', 'conflict'],
  ['57014', 'timeout'],
  ['25P03', 'timeout'],
  ['55P03', 'timeout'],
  ['57P01', 'connection'],
  ['57P02', 'connection'],
  ['57P03', 'connection'],
  ['57P05', 'connection'],
  ['25006', 'connection'],
  // Not taking connections yet, or any more; or not from us: the operator's affair, and no news for callers.
  ['55000', 'connection'],
  ['28000', 'connection'],
  ['28P01', 'connection'],
  ['3D000', 'connection'],
  ['53100', 'capacity'],
  ['53200', 'capacity'],
  ['53300', 'capacity'],
  ['53400', 'capacity'],
]);

// pg reports what it finds on its own side without a code, or with one of the operating system.
const kindByMessage: readonly [RegExp, DatabaseErrorKind][] = [
  [/timeout exceeded when trying to connect/i, 'capacity'],
  [/query read timeout/i, 'timeout'],
  [/received (invalid|unexpected)/i, 'connection'],
  [/connection terminated|connection error and is not queryable|client was closed/i, 'connection'],
  [/ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/, 'connection'],
  [/can't reach database server/i, 'connection'],
  // One of Prisma that took too long, and was rolled back.
  [/transaction API error/i, 'timeout'],
];

function kindOf(error: unknown): DatabaseErrorKind | undefined {
  for (const layer of layersOf(error)) {
    const state = sqlStateOf(layer);
    const kind = state === undefined ? undefined : kindBySqlState.get(state);
    if (kind) return kind;
    if (state?.startsWith('08')) return 'connection';
  }
  for (const layer of layersOf(error)) {
    const text = `${field(layer, 'code') ?? ''} ${field(layer, 'message') ?? ''}`;
    const found = kindByMessage.find(([pattern]) => pattern.test(text));
    if (found) return found[1];
  }
  return undefined;
}

function constraintOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.constraint : undefined;
}

/** An error, and what it wraps: Prisma puts the adapter's error into `meta`, others use `cause` or a list. */
function* layersOf(error: unknown, depth = 0): Generator<object> {
  if (typeof error !== 'object' || error === null || depth > 4) return;
  yield error;
  for (const name of ['meta', 'driverAdapterError', 'cause'] as const) {
    if (name in error) yield* layersOf(Reflect.get(error, name), depth + 1);
  }
  if (error instanceof AggregateError) for (const inner of error.errors) yield* layersOf(inner, depth + 1);
}

function sqlStateOf(layer: object): string | undefined {
  return layer instanceof pg.DatabaseError ? layer.code : field(layer, 'originalCode');
}

function field(layer: object, name: string): string | undefined {
  const value: unknown = Reflect.get(layer, name);
  return typeof value === 'string' ? value : undefined;
}
