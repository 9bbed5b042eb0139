import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSession, numbers } from '../support/ledger.js';
import { AppendMessage } from '../support/documents.js';
import { hasPgBouncer, startPgBouncer, type PgBouncer } from '../support/pgbouncer.js';
import { runCommand, startServer, type ServerProcess } from '../support/server-process.js';
import { createEmptyDatabase, type TestDatabase } from '../support/test-database.js';

if (!hasPgBouncer)
  process.stderr.write('The tests behind PgBouncer were NOT made: install it, or name it in PGBOUNCER.\n');

(hasPgBouncer ? describe : describe.skip)('behind PgBouncer in transaction mode', () => {
  let database: TestDatabase;
  let pooler: PgBouncer | undefined;
  let server: ServerProcess | undefined;
  beforeEach(async () => {
    database = await createEmptyDatabase();
  });
  afterEach(async () => {
    server?.kill('SIGTERM');
    await server?.exited;
    await pooler?.stop();
    await database.drop();
    server = pooler = undefined;
  });

  const locks = async () => {
    const { rows } = await database.sql.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_locks l JOIN pg_stat_activity a USING (pid)
       WHERE l.locktype = 'advisory' AND a.datname = current_database()`,
    );
    return rows[0]?.count;
  };

  const useMuch = async (url: ServerProcess) => {
    const client = url.as('alice');
    const sessions = await Promise.all(numbers(8).map(() => createSession(client)));
    for (const round of numbers(5)) {
      await Promise.all(
        sessions.map(({ id }) =>
          client.runOk(AppendMessage, {
            input: { sessionId: id, message: { role: 'USER', content: String(round) } },
          }),
        ),
      );
    }
    const { errors } = await client.post({
      query: '{ chatSessions { totalCount nodes { messageCount messages { nodes { content } } } } }',
    });
    expect(errors).toEqual([]);
  };

  test('a server whose operator has set nothing there works, says so once, and leaves no locks', async () => {
    pooler = await startPgBouncer(database.url, ['ignore_startup_parameters = statement_timeout']);
    server = await startServer({ DATABASE_URL: pooler.url });
    expect(server.told()).toContain('Applied migrations');
    expect(await locks()).toBe(0);
    await useMuch(server);
    expect((await fetch(new URL('/ready', server.url))).status).toBe(200);
    const { log } = server;
    const noted = () => log.filter(({ msg }) => msg.startsWith('A pooler does not keep prepared statements'));
    expect(noted()).toHaveLength(1);
    expect(log.filter(({ msg }) => msg === 'A request failed.')).toEqual([]);
  });

  test.each([[{}], [{ WORKERS: '2' }]])(
    'with its settings it works from the start: %j',
    async (environment) => {
      pooler = await startPgBouncer(database.url, ['ignore_startup_parameters = statement_timeout']);
      server = await startServer({
        DATABASE_URL: pooler.url,
        DATABASE_DIRECT_URL: database.url,
        DATABASE_PREPARED_STATEMENTS: 'off',
        ...environment,
      });
      expect(await locks()).toBe(0);
      await useMuch(server);
      expect(server.log.filter(({ msg }) => msg.startsWith('Statements are prepared'))).toEqual([]);
    },
  );

  test('migrate leaves no locks behind, and others migrate after it', async () => {
    pooler = await startPgBouncer(database.url, ['ignore_startup_parameters = statement_timeout']);
    const { url } = pooler;
    const ends = await Promise.all(numbers(3).map(() => runCommand(['migrate'], { DATABASE_URL: url })));
    expect(ends.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(ends.filter(({ stderr }) => stderr.includes('Applied: '))).toHaveLength(1);
    expect(await locks()).toBe(0);
    const { stderr } = await runCommand(['migrate'], { DATABASE_URL: database.url });
    expect(stderr).toBe('Nothing to do: the database is up to date.\n');
  });

  test('migrations go past it where DATABASE_DIRECT_URL says how', async () => {
    // Through it nothing could be created.
    pooler = await startPgBouncer(database.url, [
      'ignore_startup_parameters = statement_timeout',
      'server_idle_timeout = 60',
    ]);
    const url = new URL(pooler.url);
    await database.sql.query(
      `ALTER DATABASE "${url.pathname.slice(1)}" SET default_transaction_read_only = on`,
    );
    const direct = new URL(database.url);
    direct.searchParams.set('options', '-c default_transaction_read_only=off');
    const migrated = await runCommand(['migrate'], {
      DATABASE_URL: pooler.url,
      DATABASE_DIRECT_URL: direct.href,
    });
    expect(migrated.stderr).toContain('Applied: ');
    expect(migrated.code).toBe(0);
  });

  test('a PgBouncer that refuses our time limit is explained, with the remedy', async () => {
    pooler = await startPgBouncer(database.url, []);
    const { code, stderr } = await runCommand(['serve'], { PORT: '0', DATABASE_URL: pooler.url });
    expect(code).toBe(1);
    expect(stderr).toContain('set ignore_startup_parameters = statement_timeout');
    expect(stderr).not.toMatch(/ {4}at |Waiting/);
  });
});
