import { nextTick } from 'node:process';
import type { Database, Queryable, Query } from './database.js';

interface Waiting extends Query {
  readonly resolve: (rows: unknown[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Takes the reads of one request. Those that are asked for at the same moment, by resolvers and by the loaders that
 * wait for them, go to PostgreSQL together: over one connection, in which there is one round trip for all.
 */
export function gathering(database: Database): Queryable {
  let waiting: Waiting[] = [];

  async function send(): Promise<void> {
    const queries = waiting;
    waiting = [];
    const [first, ...others] = queries;
    if (!first) return;
    if (others.length === 0) {
      database.query(first.statement, first.values).then(first.resolve, first.reject);
      return;
    }
    try {
      const results = await database.queryTogether(queries);
      results.forEach((result, index) => {
        if (result.status === 'fulfilled') queries[index]?.resolve(result.value);
        else queries[index]?.reject(result.reason);
      });
    } catch (error) {
      for (const { reject } of queries) reject(error);
    }
  }

  return {
    query: <Row>(statement: Query['statement'], values: readonly unknown[]) =>
      new Promise<Row[]>((resolve, reject) => {
        if (waiting.length === 0) afterLoaders(() => void send());
        waiting.push({ statement, values, resolve: resolve as Waiting['resolve'], reject });
      }),
  };
}

const settled = Promise.resolve();

/** DataLoader collects keys until the tick behind the promise jobs that are there. This comes after that tick. */
function afterLoaders(run: () => void): void {
  void settled.then(() => {
    nextTick(() => settled.then(run));
  });
}
