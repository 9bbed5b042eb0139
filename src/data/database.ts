import pg from 'pg';
import { createCircuit } from './circuit.js';
import {
  cancelStatement,
  limitAnswers,
  observe,
  planOnce,
  waitedFor,
  type OnStatement,
} from './connection.js';
import { CountedQuery } from './counted-query.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { DatabaseError, toDatabaseError } from './database-error.js';
import { GuardedClient } from './guarded-client.js';
import { ReaderGoneError, type Reader } from './reader.js';
import { rowTypes } from './row-values.js';
import type { Statement } from './statement.js';

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most. Default 10. */
  readonly poolSize?: number;
  /** Whether statements are prepared under names. Off for poolers that give a connection per transaction. Default true. */
  readonly preparedStatements?: boolean;
  /** Milliseconds to wait for a free connection. Default 5,000. */
  readonly connectTimeout?: number;
  /** Milliseconds that a statement may take, in the server and, a little later, in the client. Default 10,000. */
  readonly statementTimeout?: number;
  /** Told the text and the values of each statement that is sent, Prisma's too. For tests and tracing. */
  readonly onStatement?: OnStatement;
  /** Told when an idle connection breaks. */
  readonly onConnectionError?: (error: Error) => void;
  /** Told why the database is given up: until it answers again, requests fail at once. */
  readonly onDown?: (reason: unknown) => void;
  /** Told when it answers again. */
  readonly onBack?: () => void;
  /** Told once that statements are prepared no more, because a pooler in between does not keep them. */
  readonly onUnprepared?: () => void;
}

/** What takes hand-written statements. */
export interface Queryable {
  /**
   * Sends one statement and gives its rows.
   * @throws DatabaseError
   */
  query<Row extends pg.QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
}

/** A statement with its values. */
export interface Query {
  readonly statement: Statement;
  readonly values: readonly unknown[];
}

/** The one way to PostgreSQL: hand-written statements and Prisma on the same pool. */
export interface Database extends Queryable {
  /**
   * Sends statements over one connection without waiting in between, and gives the rows of each, or its error. They
   * are no transaction: one that fails fails alone.
   *
   * @param reader when it goes, they are not sent, or cancelled where they are under way. Not for writes.
   * @throws DatabaseError when there is no connection, ReaderGoneError
   */
  queryTogether(
    queries: readonly Query[],
    reader?: Reader,
  ): Promise<readonly PromiseSettledResult<unknown[]>[]>;
  /** Cancels what is under way for a reader that has gone. */
  cancelReads(reader: Reader): void;
  /**
   * Does something with Prisma, for what is not hot. Its statements have the same time limits.
   * @throws DatabaseError
   */
  withPrisma<Result>(run: (prisma: PrismaClient) => Promise<Result>): Promise<Result>;
  /** Closes the connections that do nothing, so that the next statements go over new ones. */
  dropIdle(): void;
  close(): Promise<void>;
}

/**
 * Prepared statements that a connection keeps at most, and the characters of the longest: clients choose the columns,
 * and each choice is a statement whose plan stays in the memory of PostgreSQL.
 */
const preparedKept = { statements: 200, characters: 10_000 };

/** Milliseconds from one cancellation to the next; twice as many each time. */
const firstCancelPause = 50;

export function openDatabase(options: DatabaseOptions): Database {
  const { statementTimeout = 10_000, onStatement } = options;
  let prepares = options.preparedStatements ?? true;
  const prepare = async (client: pg.ClientBase): Promise<void> => {
    limitAnswers(client, statementTimeout + 1_000);
    if (prepares) await planOnce(client);
    if (onStatement) observe(client, onStatement);
  };
  const pool = new pg.Pool({
    Client: GuardedClient,
    connectionString: options.url,
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: options.connectTimeout ?? 5_000,
    statement_timeout: statementTimeout,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    pipeline: true,
    application_name: 'chatledger',
    types: rowTypes,
    onConnect: waitedFor(prepare),
  });
  pool.on('error', (error) => options.onConnectionError?.(error));

  let prisma: Promise<PrismaClient> | undefined;
  const prepared = new Set<string>();
  const isPrepared = ({ name, text }: Statement): boolean => {
    if (!prepares || text.length > preparedKept.characters) return false;
    if (!prepared.has(name) && prepared.size < preparedKept.statements) prepared.add(name);
    return prepared.has(name);
  };

  const asSent = ({ statement, values }: Query): pg.QueryConfig => {
    const { text, name } = statement;
    return isPrepared(statement) ? { name, text, values: [...values] } : { text, values: [...values] };
  };

  const circuit = createCircuit({
    onOpen: (reason) => options.onDown?.(reason),
    onClose: () => options.onBack?.(),
  });
  // By connection, and so never filled and emptied: see ARCHITECTURE.md, "Memory".
  const readers = new Map<pg.ClientBase, Reader | undefined>();
  pool.on('remove', (client) => readers.delete(client));

  const queryTogether: Database['queryTogether'] = (queries, reader) =>
    new Promise((resolve, reject) => {
      if (reader?.isGone) {
        reject(new ReaderGoneError());
        return;
      }
      if (!circuit.admits()) {
        reject(new DatabaseError('down', undefined, undefined));
        return;
      }
      pool.connect((error, client, release) => {
        if (error || !client) {
          const failure = toDatabaseError(error ?? new Error('The pool gave no connection.'));
          // A connection that breaks later says nothing of the database: the next one does.
          if (failure instanceof DatabaseError && failure.kind !== 'capacity') circuit.failed(failure);
          reject(failure);
          return;
        }
        if (reader?.isGone) {
          release();
          reject(new ReaderGoneError());
          return;
        }
        const arePrepared = prepares;
        sendAll(client, queries, reader, (results, isSound) => {
          // As the pool itself does: nobody knows what state an error leaves a connection in.
          release(!isSound);
          const isLost = !isSound && arePrepared && results.some(isUnknownStatement);
          resolve(isLost ? sendUnprepared(queries, results, reader) : results);
        });
      });
    });

  /**
   * A pooler has given a statement another connection than the one that it was prepared on. Nothing of it was run, so
   * it is sent again, and prepared no more.
   */
  async function sendUnprepared(
    queries: readonly Query[],
    results: readonly PromiseSettledResult<unknown[]>[],
    reader: Reader | undefined,
  ): Promise<readonly PromiseSettledResult<unknown[]>[]> {
    if (prepares) options.onUnprepared?.();
    prepares = false;
    const lost = results.flatMap((result, index) => (isUnknownStatement(result) ? index : []));
    const again = await queryTogether(
      queries.filter((_, index) => lost.includes(index)),
      reader,
    );
    return results.map((result, index) => again[lost.indexOf(index)] ?? result);
  }

  function sendAll(
    client: pg.PoolClient,
    queries: readonly Query[],
    reader: Reader | undefined,
    done: (results: readonly PromiseSettledResult<unknown[]>[], isSound: boolean) => void,
  ): void {
    const results: PromiseSettledResult<unknown[]>[] = [];
    let left = queries.length;
    let failed = 0;
    const judge = judgeOf();
    // A connection that breaks tells its statements, and says so once more.
    client.on('error', ignore);
    if (reader) readers.set(client, reader);
    queries.forEach((each, index) => {
      const sent = asSent(each);
      const query = reader ? (new CountedQuery(sent, reader) as unknown as pg.QueryConfig) : sent;
      client.query<pg.QueryResultRow>(query, (error: Error | null, result) => {
        results[index] = error
          ? { status: 'rejected', reason: reader?.isGone ? new ReaderGoneError() : judge(error) }
          : { status: 'fulfilled', value: result.rows };
        if (error) failed += 1;
        left -= 1;
        if (left > 0) return;
        if (failed === 0) circuit.answered();
        client.off('error', ignore);
        if (reader) readers.set(client, undefined);
        done(results, failed === 0 && !reader?.isGone);
      });
    });
  }

  /**
   * Cancels one statement after the other until nothing is under way for the reader. Again and again, since what
   * arrives between two statements is passed over.
   */
  function cancelAll(client: pg.ClientBase, reader: Reader, pause: number): void {
    if (readers.get(client) !== reader) return;
    cancelStatement(client);
    setTimeout(() => {
      cancelAll(client, reader, 2 * pause);
    }, pause).unref();
  }

  /**
   * Says of the statements of one connection what each failed with, and to the circuit what that says of the database.
   * That they were late together counts once.
   */
  function judgeOf(): (error: Error) => Error {
    let isCounted = false;
    return (error) => {
      const failure = failureOf(error);
      if (error instanceof pg.DatabaseError) circuit.answered();
      else if (!isCounted && failure instanceof DatabaseError && failure.kind === 'timeout') {
        isCounted = true;
        circuit.failed(failure);
      }
      return failure;
    };
  }

  /** What a statement failed with. */
  function failureOf(error: Error): Error {
    // The driver falls over a row that does not fit its description.
    const isUnreadable = error instanceof TypeError || error instanceof RangeError;
    return isUnreadable ? new DatabaseError('connection', undefined, error) : toDatabaseError(error);
  }

  const query = async <Row extends pg.QueryResultRow>(
    asked: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> => {
    const [result] = await queryTogether([{ statement: asked, values }]);
    if (result?.status === 'fulfilled') return result.value as Row[];
    throw result?.reason;
  };

  return {
    query,
    queryTogether,
    cancelReads(reader) {
      for (const [client, each] of readers) if (each === reader) cancelAll(client, reader, firstCancelPause);
    },
    async withPrisma(run) {
      if (!circuit.admits()) throw new DatabaseError('down', undefined, undefined);
      try {
        const result = await run(await (prisma ??= openPrisma(pool)));
        circuit.answered();
        return result;
      } catch (error) {
        const failure = toDatabaseError(error);
        // Prisma does not tell a connection that can't be made, which would count, from one that broke.
        if (failure instanceof DatabaseError && failure.kind === 'timeout') circuit.failed(failure);
        throw failure;
      }
    },
    dropIdle() {
      for (let idle = pool.idleCount; idle > 0; idle -= 1) {
        pool.connect((error, _client, release) => {
          if (!error) release(true);
        });
      }
    },
    async close() {
      await (await prisma)?.$disconnect();
      await pool.end();
    },
  };
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html: invalid_sql_statement_name, duplicate_prepared_statement
const unknownStatement: ReadonlySet<string | undefined> = new Set(['26000', '42P05']);

function isUnknownStatement(result: PromiseSettledResult<unknown>): boolean {
  if (result.status === 'fulfilled') return false;
  const reason: unknown = result.reason;
  return reason instanceof pg.DatabaseError && unknownStatement.has(reason.code);
}

/** Its engine takes 70 MB of memory, so it comes with the first who needs it. */
async function openPrisma(pool: pg.Pool): Promise<PrismaClient> {
  const [{ PrismaPg }, { PrismaClient }] = await Promise.all([
    import('@prisma/adapter-pg'),
    import('./generated/prisma/client.js'),
  ]);
  return new PrismaClient({ adapter: new PrismaPg(pool) });
}

function ignore(): void {
  // Somebody else is told.
}
