import type pg from 'pg';
import { cancelStatement, type PatientQuery } from './connection.js';
import { CountedQuery } from './counted-query.js';
import { DatabaseError, isUnknownStatement, traced } from './database-error.js';
import type { Health } from './health.js';
import type { PreparedStatements } from './prepared-statements.js';
import type { Query, Results, Sender } from './queryable.js';
import { ReaderGoneError, type Reader } from './reader.js';
import type { Statement } from './statement.js';
import { ignore, type TakeConnection } from './take-connection.js';
import type { Leave, WriteLane } from './write-lane.js';

export interface SenderOptions {
  readonly pool: pg.Pool;
  readonly takeConnection: TakeConnection;
  readonly health: Health;
  readonly lane: WriteLane;
  readonly prepared: PreparedStatements;
  /** Told once that statements are prepared no more. */
  readonly onUnprepared?: (() => void) | undefined;
}

/** Milliseconds from one cancellation to the next; twice as many each time. */
const firstCancelPause = 50;

/** Sends hand-written statements. */
export function createSender(options: SenderOptions): Sender {
  const { pool, takeConnection, health, lane, prepared } = options;
  // By connection, and so never filled and emptied: see docs/decisions/0031-memory.md.
  const readers = new Map<pg.ClientBase, Reader | undefined>();
  pool.on('remove', (client) => readers.delete(client));

  const asSent = ({ statement, values }: Query, isPatient: boolean): pg.QueryConfig => {
    const { text, name } = statement;
    const sent: pg.QueryConfig & Partial<PatientQuery> = { text, values: [...values] };
    if (prepared.has(statement)) sent.name = name;
    if (isPatient) sent.isPatient = true;
    return sent;
  };

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
    takeConnection((failure, client, release) => {
      if (!client) {
        refuse(failure ?? new DatabaseError('connection', undefined, undefined));
        return;
      }
      if (reader?.isGone) {
        release(false);
        refuse(new ReaderGoneError());
        return;
      }
      const arePrepared = prepared.isOn;
      const giveUp =
        leave &&
        health.awaitWrite(client, (reason) => {
          resolve([{ status: 'rejected', reason }]);
        });
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

  const queryTogether: Sender['queryTogether'] = (queries, reader) =>
    new Promise((resolve, reject) => {
      send(queries, reader, undefined, resolve, reject);
    });

  /** Sends a write when one of the connections for writes is free. */
  function sendWrite(asked: Query): Promise<Results> {
    if (!health.admitsWrites()) return Promise.reject(new DatabaseError('down', undefined, undefined));
    return new Promise((resolve, reject) => {
      lane.enter((leave) => {
        if (leave) send([asked], undefined, leave, resolve, reject);
        else reject(new DatabaseError('capacity', undefined, undefined));
      });
    });
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
    if (prepared.isOn) options.onUnprepared?.();
    prepared.isOn = false;
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
    const judge = health.judge(isWrite);
    // A connection that breaks tells its statements, and says so once more.
    client.on('error', ignore);
    if (reader) readers.set(client, reader);
    const { stream } = (client as pg.PoolClient & Pick<pg.Client, 'connection'>).connection;
    // In one system call, which costs as much as all else that is done for a small statement.
    stream.cork();
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
        if (failed === 0) health.answered(isWrite);
        client.off('error', ignore);
        if (reader) readers.set(client, undefined);
        done(results, failed === 0 && !reader?.isGone);
      });
    });
    stream.uncork();
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

  return {
    query: async <Row extends pg.QueryResultRow>(
      asked: Statement,
      values: readonly unknown[],
    ): Promise<Row[]> => {
      const each = { statement: asked, values };
      try {
        const [result] = await (asked.isWrite ? sendWrite(each) : queryTogether([each]));
        if (result?.status === 'fulfilled') return result.value as Row[];
        throw result?.reason;
      } catch (error) {
        throw traced(error, asked.name);
      }
    },
    queryTogether,
    cancelReads(reader) {
      for (const [client, each] of readers) if (each === reader) cancelAll(client, reader, firstCancelPause);
    },
  };
}
