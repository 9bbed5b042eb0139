import pg from 'pg';
import { limitAnswers, observe, planOnce, waitedFor, type OnStatement } from './connection.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { GuardedClient } from './guarded-client.js';
import { createHealth } from './health.js';
import { openPrisma } from './open-prisma.js';
import { PreparedStatements } from './prepared-statements.js';
import { prismaPool } from './prisma-pool.js';
import type { Sender } from './queryable.js';
import { rowTypes } from './row-values.js';
import { createSender } from './sender.js';
import { statement } from './statement.js';
import { connectionsOf, ignore } from './take-connection.js';
import { createWriteLane, placesOfWrites } from './write-lane.js';

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

/** The one way to PostgreSQL: hand-written statements and Prisma on the same pool. */
export interface Database extends Sender {
  /** False while commits wait for something other than the database, such as a synchronous standby. */
  readonly acknowledgesWrites: boolean;
  /**
   * For what is not hot: see data/queries. Its statements keep to the same limits; `withDatabaseErrors` gives their
   * failures. It connects, and loads its engine, with the first of them.
   */
  readonly prisma: PrismaClient;
  /** Closes the connections that do nothing, so that the next statements go over new ones. */
  dropIdle(): void;
  close(): Promise<void>;
}

/** Asks whether the database answers at all. */
const stillThere = statement('still_there', 'SELECT 1');

export function openDatabase(options: DatabaseOptions): Database {
  const { statementTimeout = 10_000, connectTimeout = 5_000, poolSize = 10, onStatement } = options;
  const answerTimeout = statementTimeout + 1_000;
  const prepared = new PreparedStatements(options.preparedStatements ?? true);
  const prepare = async (client: pg.ClientBase): Promise<void> => {
    limitAnswers(client, answerTimeout);
    if (prepared.isOn) await planOnce(client);
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

  const health = createHealth({
    answerTimeout,
    probe: () => {
      sender.queryTogether([{ statement: stillThere, values: [] }]).catch(ignore);
    },
    onDown: options.onDown,
    onBack: options.onBack,
    onWritesStuck: options.onWritesStuck,
    onWritesBack: options.onWritesBack,
  });
  const lane = createWriteLane(placesOfWrites(poolSize), connectTimeout);
  const takeConnection = connectionsOf(pool, health);
  const { onUnprepared } = options;
  const sender = createSender({ pool, takeConnection, health, lane, prepared, onUnprepared });
  const prisma = openPrisma(prismaPool(pool, { takeConnection, health, lane }), {
    // A place among the writes, a connection, and the statement that begins a transaction.
    connectTimeout: 2 * connectTimeout + answerTimeout,
    transactionTimeout: answerTimeout,
  });

  return {
    ...sender,
    prisma,
    get acknowledgesWrites() {
      return health.acknowledgesWrites;
    },
    dropIdle() {
      for (let idle = pool.idleCount; idle > 0; idle -= 1) {
        pool.connect((error, _client, release) => {
          if (!error) release(true);
        });
      }
    },
    async close() {
      await prisma.$disconnect();
      health.breakLate();
      await pool.end();
    },
  };
}
