import type pg from 'pg';
import { cancelStatement, type PatientQuery } from './connection.js';
import { CountedQuery } from './counted-query.js';
import { DatabaseError, isUnknownStatement, traced } from './database-error.js';
import type { Health } from './health.js';
import type { PreparedStatements } from './prepared-statements.js';
import type { Query, Results, Sender } from './queryable.js';
import { ClientDisconnectedError, type RequestScope } from './request-scope.js';
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
  const scopes = new Map<pg.ClientBase, RequestScope | undefined>();
  pool.on('remove', (client) => scopes.delete(client));

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
    scope: RequestScope | undefined,
    leave: Leave | undefined,
    resolve: (results: Results | Promise<Results>) => void,
    reject: (reason: Error) => void,
  ): void {
    const refuse = (reason: Error) => {
      leave?.();
      reject(reason);
    };
    if (scope?.isAborted) {
      refuse(new ClientDisconnectedError());
      return;
    }
    takeConnection((failure, client, release) => {
      if (!client) {
        refuse(failure ?? new DatabaseError('connection', undefined, undefined));
        return;
      }
      if (scope?.isAborted) {
        release(false);
        refuse(new ClientDisconnectedError());
        return;
      }
      const arePrepared = prepared.isOn;
      const giveUp =
        leave &&
        health.awaitWrite(client, (reason) => {
          resolve([{ status: 'rejected', reason }]);
        });
      sendAll(client, queries, scope, leave !== undefined, (results, isSound) => {
        giveUp?.end();
        // As the pool itself does: nobody knows what state an error leaves a connection in.
        release(!isSound);
        leave?.();
        const isLost = !isSound && arePrepared && results.some(isUnknownStatement);
        resolve(isLost ? sendUnprepared(queries, results, scope) : results);
      });
    });
  }

  const queryTogether: Sender['queryTogether'] = (queries, scope) =>
    new Promise((resolve, reject) => {
      send(queries, scope, undefined, resolve, reject);
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
    scope: RequestScope | undefined,
  ): Promise<Results> {
    if (prepared.isOn) options.onUnprepared?.();
    prepared.isOn = false;
    const lost = results.flatMap((result, index) => (isUnknownStatement(result) ? index : []));
    const again = await queryTogether(
      queries.filter((_, index) => lost.includes(index)),
      scope,
    );
    return results.map((result, index) => again[lost.indexOf(index)] ?? result);
  }

  function sendAll(
    client: pg.PoolClient,
    queries: readonly Query[],
    scope: RequestScope | undefined,
    isWrite: boolean,
    done: (results: Results, isSound: boolean) => void,
  ): void {
    const results: PromiseSettledResult<unknown[]>[] = [];
    let left = queries.length;
    let failed = 0;
    const judge = health.judge(isWrite);
    // A connection that breaks tells its statements, and says so once more.
    client.on('error', ignore);
    if (scope) scopes.set(client, scope);
    const { stream } = (client as pg.PoolClient & Pick<pg.Client, 'connection'>).connection;
    // In one system call, which costs as much as all else that is done for a small statement.
    stream.cork();
    queries.forEach((each, index) => {
      const sent = asSent(each, isWrite);
      const query = scope ? (new CountedQuery(sent, scope) as unknown as pg.QueryConfig) : sent;
      client.query<pg.QueryResultRow>(query, (error: Error | null, result) => {
        results[index] = error
          ? { status: 'rejected', reason: scope?.isAborted ? new ClientDisconnectedError() : judge(error) }
          : { status: 'fulfilled', value: result.rows };
        if (error) failed += 1;
        left -= 1;
        if (left > 0) return;
        if (failed === 0) health.answered(isWrite);
        client.off('error', ignore);
        if (scope) scopes.set(client, undefined);
        done(results, failed === 0 && !scope?.isAborted);
      });
    });
    stream.uncork();
  }

  /**
   * Cancels one statement after the other until nothing is under way for the scope. Again and again, since what
   * arrives between two statements is passed over.
   */
  function cancelAll(client: pg.ClientBase, scope: RequestScope, pause: number): void {
    if (scopes.get(client) !== scope) return;
    cancelStatement(client);
    setTimeout(() => {
      cancelAll(client, scope, 2 * pause);
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
    cancelReads(scope) {
      for (const [client, each] of scopes) if (each === scope) cancelAll(client, scope, firstCancelPause);
    },
  };
}
