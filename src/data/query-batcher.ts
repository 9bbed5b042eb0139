import { nextTick } from 'node:process';
import { traced } from './database-error.js';
import type { Database } from './database.js';
import type { Queryable, Query } from './queryable.js';
import type { RequestScope } from './request-scope.js';

interface Waiting extends Query {
  readonly resolve: (rows: unknown[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Statements that are sent together at most. The time of each begins when it is sent, so those of a long line would be
 * late without any of them taking long; and between two lines others get the connection.
 */
const mostTogether = 20;

/**
 * Takes the reads of one request. Those that are asked for at the same moment, by resolvers and by the loaders that
 * wait for them, go to PostgreSQL together: over one connection, in which there is one round trip for all.
 *
 * @param scope of the request. When it is aborted, they end with ClientDisconnectedError: unsent, or cancelled.
 *   After its deadline, with RequestTimeoutError: unsent.
 */
export function createQueryBatcher(database: Database, scope: RequestScope): Queryable {
  let waiting: Waiting[] = [];
  scope.onAbort = () => {
    database.cancelReads(scope);
  };

  async function sendAll(): Promise<void> {
    const queries = waiting;
    waiting = [];
    for (let at = 0; at < queries.length; at += mostTogether)
      await sendTogether(queries.slice(at, at + mostTogether));
  }

  async function sendTogether(queries: readonly Waiting[]): Promise<void> {
    try {
      scope.begin();
      const results = await database.queryTogether(queries, scope);
      results.forEach((result, index) => {
        if (result.status === 'fulfilled') queries[index]?.resolve(result.value);
        else queries[index]?.reject(result.reason);
      });
    } catch (error) {
      for (const { reject } of queries) reject(error);
    }
  }

  return {
    query: async <Row>(statement: Query['statement'], values: readonly unknown[]) => {
      try {
        return await new Promise<Row[]>((resolve, reject) => {
          if (waiting.length === 0) afterLoaders(() => void sendAll());
          waiting.push({ statement, values, resolve: resolve as Waiting['resolve'], reject });
        });
      } catch (error) {
        throw traced(error, statement.name);
      }
    },
  };
}

const settled = Promise.resolve();

/** DataLoader collects keys until the tick behind the promise jobs that are there. This comes after that tick. */
function afterLoaders(run: () => void): void {
  void settled.then(() => {
    nextTick(() => settled.then(run));
  });
}
