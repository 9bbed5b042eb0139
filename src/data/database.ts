import pg from 'pg';
import { createCircuit } from './circuit.js';
import {
  breakConnection,
  cancelStatement,
  limitAnswers,
  observe,
  planOnce,
  waitedFor,
  type OnStatement,
  type PatientQuery,
} from './connection.js';
import { CountedQuery } from './counted-query.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { DatabaseError, isUnknownStatement, toDatabaseError } from './database-error.js';
import { GuardedClient } from './guarded-client.js';
import { openPrisma } from './open-prisma.js';
import { ReaderGoneError, type Reader } from './reader.js';
import { rowTypes } from './row-values.js';
import { statement, type Statement } from './statement.js';
import { createWriteLane, placesOfWrites, type Leave } from './write-lane.js';

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
  /** Told when writes are not acknowledged, though the database answers: until it does, they fail at once. */
  readonly onWritesStuck?: () => void;
  /** Told when one of them is. */
  readonly onWritesBack?: () => void;
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

/** What became of statements that were sent together: the rows of each, or its error. */
type Results = readonly PromiseSettledResult<unknown[]>[];

/** The one way to PostgreSQL: hand-written statements and Prisma on the same pool. */
export interface Database extends Queryable {
  /** False while commits wait for something other than the database, such as a synchronous standby. */
  readonly acknowledgesWrites: boolean;
  /**
   * Sends statements over one connection without waiting in between, and gives the rows of each, or its error. They
   * are no transaction: one that fails fails alone.
   *
   * @param reader when it goes, they are not sent, or cancelled where they are under way. Not for writes.
   * @throws DatabaseError when there is no connection, ReaderGoneError
   */
  queryTogether(queries: readonly Query[], reader?: Reader): Promise<Results>;
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

/** Asks whether the database answers at all. */
const stillThere = statement('still_there', 'SELECT 1');

/** Milliseconds from one cancellation to the next; twice as many each time. */
const firstCancelPause = 50;

export function openDatabase(options: DatabaseOptions): Database {
  const { statementTimeout = 10_000, connectTimeout = 5_000, poolSize = 10, onStatement } = options;
  const answerTimeout = statementTimeout + 1_000;
  let prepares = options.preparedStatements ?? true;
  const prepare = async (client: pg.ClientBase): Promise<void> => {
    limitAnswers(client, answerTimeout);
    if (prepares) await planOnce(client);
    if (onStatement) observe(client, onStatement);
  };
  const pool = new pg.Pool({
    Client: GuardedClient,
    connectionString: options.url,
    max: poolSize,
    connectionTimeoutMillis: connectTimeout,
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

  const asSent = ({ statement, values }: Query, isPatient: boolean): pg.QueryConfig => {
    const { text, name } = statement;
    const sent: pg.QueryConfig & Partial<PatientQuery> = { text, values: [...values] };
    if (isPrepared(statement)) sent.name = name;
    if (isPatient) sent.isPatient = true;
    return sent;
  };

  const circuit = createCircuit({
    onOpen: (reason) => {
      for (const client of late) breakConnection(client);
      options.onDown?.(reason);
    },
    onClose: () => options.onBack?.(),
  });
  let acknowledgesWrites = true;
  const writes = createCircuit({
    onOpen: () => {
      acknowledgesWrites = false;
      options.onWritesStuck?.();
    },
    onClose: () => {
      acknowledgesWrites = true;
      options.onWritesBack?.();
    },
  });
  const lane = createWriteLane(placesOfWrites(poolSize), connectTimeout);
  // Connections whose writes were given up, and are not over yet.
  const late = new Set<pg.PoolClient>();
  let answers = 0;
  const answered = () => {
    answers += 1;
    circuit.answered();
  };
  // By connection, and so never filled and emptied: see docs/decisions/0031-memory.md.
  const readers = new Map<pg.ClientBase, Reader | undefined>();
  pool.on('remove', (client) => readers.delete(client));

  /** @param leave gives back the place of the write that this is; undefined for reads */
  function send(
    queries: readonly Query[],
    reader: Reader | undefined,
    leave: Leave | undefined,
    resolve: (results: Results | Promise<Results>) => void,
    reject: (reason: Error) => void,
  ): void {
    const refuse = (reason: Error) => {
      leave?.();
      reject(reason);
    };
    if (reader?.isGone) {
      refuse(new ReaderGoneError());
      return;
    }
    if (!circuit.admits()) {
      refuse(new DatabaseError('down', undefined, undefined));
      return;
    }
    pool.connect((error, client, release) => {
      if (error || !client) {
        const failure = toDatabaseError(error ?? new Error('The pool gave no connection.'));
        // A connection that breaks later says nothing of the database: the next one does.
        if (failure instanceof DatabaseError && failure.kind !== 'capacity') circuit.failed(failure);
        refuse(failure);
        return;
      }
      if (reader?.isGone) {
        release();
        refuse(new ReaderGoneError());
        return;
      }
      const arePrepared = prepares;
      const giveUp = leave && waitFor(client, resolve);
      sendAll(client, queries, reader, leave !== undefined, (results, isSound) => {
        giveUp?.end();
        // As the pool itself does: nobody knows what state an error leaves a connection in.
        release(!isSound);
        leave?.();
        const isLost = !isSound && arePrepared && results.some(isUnknownStatement);
        resolve(isLost ? sendUnprepared(queries, results, reader) : results);
      });
    });
  }

  const queryTogether: Database['queryTogether'] = (queries, reader) =>
    new Promise((resolve, reject) => {
      send(queries, reader, undefined, resolve, reject);
    });

  /** Sends a write when one of the connections for writes is free. */
  function sendWrite(asked: Query): Promise<Results> {
    if (!writes.admits()) return Promise.reject(new DatabaseError('down', undefined, undefined));
    return new Promise((resolve, reject) => {
      lane.enter((leave) => {
        if (leave) send([asked], undefined, leave, resolve, reject);
        else reject(new DatabaseError('capacity', undefined, undefined));
      });
    });
  }

  /**
   * Gives up waiting for a write after the time that a statement may take, but leaves it its connection. If nothing was
   * answered meanwhile, not even a question that is asked in between, the database is dead, and not the write alone late.
   */
  function waitFor(client: pg.PoolClient, resolve: (results: Results) => void): { end(): void } {
    const before = answers;
    let timer = setTimeout(() => {
      if (answers === before) queryTogether([{ statement: stillThere, values: [] }]).catch(ignore);
      timer = setTimeout(() => {
        const reason = new DatabaseError('timeout', undefined, new Error('The write was not acknowledged.'));
        late.add(client);
        if (answers === before) circuit.failed(reason);
        else writes.failed(reason);
        resolve([{ status: 'rejected', reason }]);
      }, answerTimeout / 2);
    }, answerTimeout / 2);
    return {
      end() {
        clearTimeout(timer);
        late.delete(client);
      },
    };
  }

  /**
   * A pooler has given a statement another connection than the one that it was prepared on. Nothing of it was run, so
   * it is sent again, and prepared no more.
   */
  async function sendUnprepared(
    queries: readonly Query[],
    results: Results,
    reader: Reader | undefined,
  ): Promise<Results> {
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
    isWrite: boolean,
    done: (results: Results, isSound: boolean) => void,
  ): void {
    const results: PromiseSettledResult<unknown[]>[] = [];
    let left = queries.length;
    let failed = 0;
    const judge = judgeOf(isWrite);
    // A connection that breaks tells its statements, and says so once more.
    client.on('error', ignore);
    if (reader) readers.set(client, reader);
    queries.forEach((each, index) => {
      const sent = asSent(each, isWrite);
      const query = reader ? (new CountedQuery(sent, reader) as unknown as pg.QueryConfig) : sent;
      client.query<pg.QueryResultRow>(query, (error: Error | null, result) => {
        results[index] = error
          ? { status: 'rejected', reason: reader?.isGone ? new ReaderGoneError() : judge(error) }
          : { status: 'fulfilled', value: result.rows };
        if (error) failed += 1;
        left -= 1;
        if (left > 0) return;
        if (failed === 0) answered();
        if (failed === 0 && isWrite) writes.answered();
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
  function judgeOf(isWrite: boolean): (error: Error) => Error {
    let isCounted = false;
    return (error) => {
      const failure = failureOf(error);
      const isLate = failure instanceof DatabaseError && failure.kind === 'timeout';
      if (error instanceof pg.DatabaseError) {
        answered();
        // One that waits for the row of another that is not acknowledged has not got as far.
        if (isWrite && !isLate) writes.answered();
      } else if (!isCounted && failure instanceof DatabaseError && isLate) {
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
    const each = { statement: asked, values };
    const [result] = await (asked.isWrite ? sendWrite(each) : queryTogether([each]));
    if (result?.status === 'fulfilled') return result.value as Row[];
    throw result?.reason;
  };

  return {
    get acknowledgesWrites() {
      return acknowledgesWrites;
    },
    query,
    queryTogether,
    cancelReads(reader) {
      for (const [client, each] of readers) if (each === reader) cancelAll(client, reader, firstCancelPause);
    },
    async withPrisma(run) {
      if (!circuit.admits()) throw new DatabaseError('down', undefined, undefined);
      try {
        const result = await run(await (prisma ??= openPrisma(pool)));
        answered();
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
      for (const client of late) breakConnection(client);
      await pool.end();
    },
  };
}

function ignore(): void {
  // Somebody else is told.
}
