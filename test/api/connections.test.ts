import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import DataLoader from 'dataloader';
import { openDatabase, type Database } from '../../src/data/database.js';
import type { Queryable } from '../../src/data/queryable.js';
import { createQueryBatcher } from '../../src/data/query-batcher.js';
import { RequestScope } from '../../src/data/request-scope.js';
import { statement } from '../../src/data/statement.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let stored: TestDatabase;
let database: Database;
beforeAll(async () => {
  stored = await createTestDatabase();
  database = openDatabase({ url: stored.url });
});
afterAll(async () => {
  await database.close();
  await stored.drop();
});

// It takes its time, so that two cannot take the same connection one after the other.
const whoAmI = statement('who_am_i', 'SELECT pg_backend_pid() AS pid, $1::text AS sent FROM pg_sleep(0.05)');

interface Answer {
  readonly pid: number;
  readonly sent: string;
}

const ask = (queryable: Queryable, sent: string) =>
  queryable.query<Answer & Record<string, unknown>>(whoAmI, [sent]);

async function pidsOf(answers: readonly Promise<Answer[]>[]) {
  return new Set((await Promise.all(answers)).flat().map(({ pid }) => pid));
}

describe('the reads of a request', () => {
  test('go over one connection when they are asked for at one moment', async () => {
    const apart = await pidsOf([ask(database, 'one'), ask(database, 'two'), ask(database, 'three')]);
    expect(apart.size).toBe(3);
    const reads = createQueryBatcher(database, new RequestScope());
    const together = await pidsOf([ask(reads, 'one'), ask(reads, 'two'), ask(reads, 'three')]);
    expect(together.size).toBe(1);
  });

  test('wait for the loaders of that moment, and each has its own rows', async () => {
    const reads = createQueryBatcher(database, new RequestScope());
    const loader = new DataLoader((keys: readonly string[]) =>
      Promise.all(keys.map((key) => ask(reads, key))),
    );
    const answers = await Promise.all([
      ask(reads, 'direct'),
      loader.load('loaded'),
      loader.load('loaded too'),
    ]);
    expect(answers.map(([answer]) => answer?.sent)).toEqual(['direct', 'loaded', 'loaded too']);
    expect(new Set(answers.map(([answer]) => answer?.pid)).size).toBe(1);
  });

  test('of two requests go their own ways', async () => {
    const pids = await pidsOf([
      ask(createQueryBatcher(database, new RequestScope()), 'mine'),
      ask(createQueryBatcher(database, new RequestScope()), 'yours'),
    ]);
    expect(pids.size).toBe(2);
  });

  test('fail alone', async () => {
    const reads = createQueryBatcher(database, new RequestScope());
    const [before, failed, after] = await Promise.allSettled([
      ask(reads, 'before'),
      reads.query(statement('no_number', 'SELECT 1 / $1::int'), [0]),
      ask(reads, 'after'),
    ]);
    expect(before).toMatchObject({ status: 'fulfilled', value: [{ sent: 'before' }] });
    expect(failed).toMatchObject({ status: 'rejected', reason: { code: '22012' } });
    expect(after).toMatchObject({ status: 'fulfilled', value: [{ sent: 'after' }] });
  });

  test('fail together when their connection is cut, and the next ones do not', async () => {
    const reads = createQueryBatcher(database, new RequestScope());
    const cut = statement('cut', 'SELECT pg_terminate_backend(pg_backend_pid())');
    const results = await Promise.allSettled([reads.query(cut, []), ask(reads, 'behind')]);
    expect(results).toMatchObject([
      { status: 'rejected', reason: { kind: 'connection' } },
      { status: 'rejected', reason: { kind: 'connection' } },
    ]);
    await expect(ask(reads, 'again')).resolves.toMatchObject([{ sent: 'again' }]);
  });

  test('all fail when there is no connection', async () => {
    const nowhere = new URL(stored.url);
    nowhere.pathname = '/nowhere';
    const lost = openDatabase({ url: nowhere.href });
    try {
      const reads = createQueryBatcher(lost, new RequestScope());
      const results = await Promise.allSettled([ask(reads, 'one'), ask(reads, 'two')]);
      expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    } finally {
      await lost.close();
    }
  });
});

describe('connections plan a statement', () => {
  const planMode = statement('plan_mode', 'SHOW plan_cache_mode');

  test('once, when they keep it prepared', async () => {
    await expect(database.query(planMode, [])).resolves.toEqual([{ plan_cache_mode: 'force_generic_plan' }]);
  });

  test('as PostgreSQL sees fit, when a pooler may give each statement another connection', async () => {
    const pooled = openDatabase({ url: stored.url, preparedStatements: false });
    try {
      await expect(pooled.query(planMode, [])).resolves.toEqual([{ plan_cache_mode: 'auto' }]);
    } finally {
      await pooled.close();
    }
  });
});
