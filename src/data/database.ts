import pg from 'pg';
import { limitAnswers, observe, planOnce, type OnStatement } from './connection.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { toDatabaseError } from './database-error.js';
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
   * @throws DatabaseError when there is no connection
   */
  queryTogether(queries: readonly Query[]): Promise<PromiseSettledResult<unknown[]>[]>;
  /**
   * Does something with Prisma, for what is not hot.
   * @throws DatabaseError
   */
  withPrisma<Result>(run: (prisma: PrismaClient) => Promise<Result>): Promise<Result>;
  /** Whether the database answers. */
  isReachable(): Promise<boolean>;
  close(): Promise<void>;
}

/** Prepared statements that a connection keeps at most: clients choose the columns, and each choice is a statement. */
const preparedStatementsKept = 200;

export function openDatabase(options: DatabaseOptions): Database {
  const { statementTimeout = 10_000, preparedStatements = true, onStatement } = options;
  const prepare = async (client: pg.ClientBase): Promise<void> => {
    limitAnswers(client, statementTimeout + 1_000);
    if (preparedStatements) await planOnce(client);
    if (onStatement) observe(client, onStatement);
  };
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: options.connectTimeout ?? 5_000,
    statement_timeout: statementTimeout,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    pipeline: true,
    application_name: 'chatledger',
    types: rowTypes,
    // The pool waits for it, though its type says otherwise.
    onConnect: (client) => prepare(client) as unknown as undefined,
  });
  pool.on('error', (error) => options.onConnectionError?.(error));

  let prisma: Promise<PrismaClient> | undefined;
  const prepared = new Set<string>();
  const isPrepared = ({ name }: Statement): boolean => {
    if (!preparedStatements) return false;
    if (!prepared.has(name) && prepared.size < preparedStatementsKept) prepared.add(name);
    return prepared.has(name);
  };

  const asSent = ({ statement, values }: Query): pg.QueryConfig => {
    const { text, name } = statement;
    return isPrepared(statement) ? { name, text, values: [...values] } : { text, values: [...values] };
  };

  const query = async <Row extends pg.QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> => {
    const { rows } = await translated(pool.query<Row>(asSent({ statement, values })));
    return rows;
  };

  const queryTogether: Database['queryTogether'] = async (queries) => {
    const client = await translated(pool.connect());
    // A connection that breaks tells its statements, and says so once more.
    client.once('error', ignore);
    const results = await Promise.allSettled(
      queries.map(async (each) => (await translated(client.query<pg.QueryResultRow>(asSent(each)))).rows),
    );
    client.off('error', ignore);
    // As the pool itself does: nobody knows what state an error leaves a connection in.
    client.release(results.some(({ status }) => status === 'rejected'));
    return results;
  };

  return {
    query,
    queryTogether,
    withPrisma: (run) => translated((prisma ??= openPrisma(pool)).then(run)),
    isReachable: () =>
      pool.query('/* ready */ SELECT 1').then(
        () => true,
        () => false,
      ),
    async close() {
      await (await prisma)?.$disconnect();
      await pool.end();
    },
  };
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

async function translated<Result>(outcome: Promise<Result>): Promise<Result> {
  try {
    return await outcome;
  } catch (error) {
    throw toDatabaseError(error);
  }
}
