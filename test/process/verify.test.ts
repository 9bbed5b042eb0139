import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { verifyLedger, type Verification } from '../../src/data/verify/verify.js';
import { Random } from '../support/chaos/random.js';
import { Writer } from '../support/chaos/writer.js';
import { cipherFor, testCredentialsKey } from '../support/credentials.js';
import { fillLedger, type FilledLedger } from '../support/filled-ledger.js';
import { damages } from '../support/ledger-damages.js';
import { createSession } from '../support/ledger.js';
import { runCommand } from '../support/server-process.js';
import { newUser, startTestApp } from '../support/test-app.js';
import { copyDatabase, createEmptyDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

let ledger: FilledLedger;
beforeAll(async () => {
  ledger = await fillLedger();
});
afterAll(() => ledger.drop());

/** What `chatledger verify --json` says of a database, and how it ends. */
async function verify({ url }: Pick<TestDatabase, 'url'>) {
  const { code, stdout, stderr } = await runCommand(['verify', '--json', '--limit', '1000'], {
    DATABASE_URL: url,
    CREDENTIALS_KEYS: testCredentialsKey,
  });
  expect(stderr).toBe('');
  return { code, ...overview(JSON.parse(stdout) as Verification) };
}

function overview({ sound, counts, checks }: Verification) {
  const found = checks.filter(({ total, error }) => total > 0 || error !== null);
  const faults = found.filter(({ severity, error }) => severity === 'fault' || error !== null);
  const findingsOf = (name: string) => checks.find((check) => check.name === name)?.findings ?? [];
  return { sound, counts, names: checks.map(({ name }) => name), found, faults, findingsOf };
}

/** Runs the test on a copy of the ledger to which something was done. */
async function withCopy<Result>(
  statements: readonly string[],
  run: (copy: TestDatabase) => Promise<Result>,
): Promise<Result> {
  const copy = await copyDatabase(ledger.database);
  try {
    for (const text of statements) {
      const { rowCount, command } = await copy.sql.query(text);
      // What changes nothing shows nothing.
      if (['UPDATE', 'DELETE', 'INSERT'].includes(command)) expect(rowCount).toBeGreaterThan(0);
    }
    return await run(copy);
  } finally {
    await copy.drop();
  }
}

test('a ledger in which every kind of thing has happened is sound, and its oddities are only notices', async () => {
  const { code, sound, counts, faults, found, findingsOf } = await verify(ledger.database);
  expect(faults).toEqual([]);
  expect({ code, sound }).toEqual({ code: 0, sound: true });
  expect(found.map(({ name }) => name)).toEqual(['sequence-gaps', 'unknown-tool-calls']);
  expect(findingsOf('sequence-gaps')).toEqual([
    { sessionId: ledger.ids.gapped, messages: 3, lastSequence: 8 },
  ]);
  expect(findingsOf('unknown-tool-calls')).toContainEqual(
    expect.objectContaining({ messageId: ledger.ids.stranger, sequence: 0 }),
  );
  const { rows } = await ledger.database.sql.query(
    `SELECT (SELECT count(*)::int FROM "ChatMessage") AS messages, (SELECT count(*)::int FROM "ChatMessageStream") AS streams`,
  );
  const [row] = rows as { messages: number; streams: number }[];
  expect(counts).toMatchObject({ messages: row?.messages, messagesInProgress: row?.streams });
});

test('what was there before the migration to live changes is no fault', async () => {
  // That migration took what it found for appended at its last change, and all changes of a session for its own.
  const old = [
    `UPDATE "ChatSession" SET "ownRevision" = revision WHERE revision > 0`,
    `UPDATE "ChatMessage" SET "appendedRevision" = revision, "createdAt" = "createdAt" - interval '1 ms'
     WHERE role = 'tool' AND revision > "appendedRevision" AND "createdAt" = "updatedAt"`,
    `UPDATE "ChatMessage" SET "appendedRevision" = revision WHERE role = 'tool' AND revision > "appendedRevision"`,
  ];
  const copy = await copyDatabase(ledger.database);
  try {
    for (const text of old) await copy.sql.query(text);
    expect(await verify(copy)).toMatchObject({ code: 0, faults: [] });
  } finally {
    await copy.drop();
  }
});

describe('finds exactly what is wrong when', () => {
  test.each(damages)('%s', async (_what, statements, found) => {
    const { ids } = ledger;
    await withCopy(statements(ids), async (copy) => {
      const { sound, faults } = overview(await verifyLedger(copy.url, cipherFor(testCredentialsKey), 1_000));
      const findings = Object.fromEntries(faults.map((fault) => [fault.name, fault.findings]));
      const expected = Object.entries(found(ids)).map(([name, list]) => [
        name,
        list.map((each): unknown => expect.objectContaining(each)),
      ]);
      expect(findings).toEqual(Object.fromEntries(expected));
      expect(faults.map(({ total }) => total)).toEqual(faults.map((fault) => fault.findings.length));
      expect(sound).toBe(false);
    });
  });

  test('each check that there is has been seen to fail', async () => {
    const { names } = await verify(ledger.database);
    const damaged = damages.flatMap(([, , found]) => Object.keys(found(ledger.ids)));
    const notices = ['newer-migrations', 'sequence-gaps', 'unknown-tool-calls'];
    expect(new Set([...damaged, ...notices])).toEqual(new Set(names));
  });

  test('a column is missing: the other checks are made', async () => {
    await withCopy([`ALTER TABLE "ChatMessageChunk" RENAME COLUMN delta TO other`], async (copy) => {
      const { code, faults, names } = await verify(copy);
      expect(code).toBe(1);
      expect(faults).toMatchObject([{ name: 'stream-texts', error: '42703' }]);
      expect(names.length).toBeGreaterThan(20);
    });
  });

  test('a migration is missing: nothing but the structure is looked at', async () => {
    await withCopy(
      [`DELETE FROM _prisma_migrations WHERE migration_name LIKE '%_live_changes'`],
      async (copy) => {
        const { code, counts, faults, names } = await verify(copy);
        expect({ code, counts, names }).toEqual({
          code: 1,
          counts: null,
          names: ['migrations', 'newer-migrations', 'schema'],
        });
        expect(faults).toMatchObject([{ name: 'migrations', findings: [{ problem: 'missing' }] }]);
      },
    );
  });

  test('the database is empty', async () => {
    const empty = await createEmptyDatabase();
    try {
      const { code, stdout, stderr } = await runCommand(['verify'], {
        DATABASE_URL: empty.url,
        CREDENTIALS_KEYS: testCredentialsKey,
      });
      expect(code).toBe(1);
      expect(stdout).toMatch(/^fault migrations \(\d+\): .*\n {2}migration=\S+_init problem=missing\n/);
      expect(stderr).toContain('run chatledger migrate');
    } finally {
      await empty.drop();
    }
  });
});

test('a migration of a newer version is a notice', async () => {
  const newer = `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at)
    VALUES ('x', 'x', '20990101000000_new', now(), now())`;
  await withCopy([newer], async (copy) => {
    const { code, findingsOf } = await verify(copy);
    expect(code).toBe(0);
    expect(findingsOf('newer-migrations')).toEqual([{ migration: '20990101000000_new' }]);
  });
});

test('says to people what was found: a line for each finding up to a limit, and nothing of the content', async () => {
  const damage = [
    `UPDATE "ChatMessage" SET content = 'my secret' WHERE role = 'user'`,
    `UPDATE "ChatSession" SET credentials = '"my secret"'`,
  ];
  await withCopy(damage, async (copy) => {
    const run = (...options: string[]) =>
      runCommand(['verify', ...options], { DATABASE_URL: copy.url, CREDENTIALS_KEYS: testCredentialsKey });
    const { code, stdout, stderr } = await run();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^2 of \d+ checks failed: \d+ sessions, \d+ messages \(\d+ in progress\), \d+ notes/,
    );
    const [heading = '', ...lines] = stdout.slice(stdout.indexOf('fault bodies')).split('\n');
    const total = Number(/^fault bodies \((\d+)\): /.exec(heading)?.[1]);
    expect(total).toBeGreaterThan(20);
    for (const line of lines.slice(0, 20))
      expect(line).toMatch(/^ {2}sessionId=\S{36} messageId=\S{36} sequence=\d+$/);
    expect(lines[20]).toBe(`  and ${total - 20} more`);
    expect(stdout + stderr).not.toContain('secret');

    const short = await run('--limit', '1');
    expect(short.stdout).toContain(`\n  and ${total - 1} more\n`);
    const json = await run('--json', '--limit', '2');
    expect(json.stdout).not.toContain('secret');
    expect(
      (JSON.parse(json.stdout) as Verification).checks.find(({ name }) => name === 'bodies'),
    ).toMatchObject({
      severity: 'fault',
      total,
      findings: [{}, {}],
    });
  });
});

test('says that all is sound', async () => {
  expect(
    await runCommand(['verify', '--limit', '1'], {
      DATABASE_URL: ledger.database.url,
      CREDENTIALS_KEYS: testCredentialsKey,
    }),
  ).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      /^notice sequence-gaps \(1\): .*\n {2}sessionId=\S+ messages=3 lastSequence=8\n/,
    ),
    stderr: expect.stringMatching(/^Sound: \d+ sessions, .*\.\n$/),
  });
});

test('is sound while writers write', async () => {
  const app = await startTestApp();
  try {
    const client = app.as(newUser());
    const sessions = await Promise.all([createSession(client), createSession(client)]);
    const ids = sessions.map(({ id }) => id);
    const writers = [1, 2, 3, 4].map((seed) => new Writer(client, ids, new Random(seed)));
    const written = () => writers.reduce((sum, { acknowledged }) => sum + acknowledged.messages.size, 0);
    const enough = new AbortController();
    const writing = Promise.all(writers.map((writer) => writer.run(enough.signal)));
    try {
      for (let round = 0; round < 4; round += 1) {
        const before = written();
        expect(await verify(app.database)).toMatchObject({ code: 0, faults: [] });
        await Promise.race([until(() => written() > before + 10), writing]);
      }
    } finally {
      enough.abort();
      await writing;
    }
  } finally {
    await app.close();
  }
});

test('sees one moment, however long it takes', async () => {
  await withCopy([], async (copy) => {
    const blocker = await copy.sql.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE "DeletedChatSession" IN ACCESS EXCLUSIVE MODE');
      const looking = verifyLedger(copy.url, cipherFor(testCredentialsKey), 1);
      await until(async () => {
        const { rowCount } = await copy.sql.query(
          `SELECT FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'chatledger verify' AND wait_event_type = 'Lock'`,
        );
        return rowCount === 1;
      });
      await copy.sql.query(`UPDATE "ChatMessage" SET content = 'other' WHERE id = '${ledger.ids.user}'`);
      await blocker.query('COMMIT');
      expect((await looking).sound).toBe(true);
      expect((await verifyLedger(copy.url, cipherFor(testCredentialsKey), 1)).sound).toBe(false);
    } finally {
      blocker.release(true);
    }
  });
});

test('changes nothing, and waits for nobody', async () => {
  const { sql } = ledger.database;
  const client = await sql.connect();
  try {
    await client.query('BEGIN');
    await client.query(`SELECT FROM "ChatSession" FOR UPDATE`);
    const dump = async () => {
      const { rows } = await client.query(
        `SELECT (SELECT md5(string_agg(s::text, '' ORDER BY id)) FROM "ChatSession" s) AS sessions,
           (SELECT md5(string_agg(m::text, '' ORDER BY id)) FROM "ChatMessage" m) AS messages`,
      );
      return rows as unknown[];
    };
    const before = await dump();
    expect(await verify(ledger.database)).toMatchObject({ code: 0 });
    expect(await dump()).toEqual(before);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
});

describe('what can not be done ends with 1 and says why:', () => {
  test.each([['0'], ['10001'], ['-1'], ['many']])('a limit of %s', async (limit) => {
    const { code, stdout, stderr } = await runCommand(['verify', `--limit=${limit}`]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('--limit');
  });

  test('a database that is not reachable', async () => {
    const { code, stdout, stderr } = await runCommand(['verify'], {
      DATABASE_URL: 'postgresql://127.0.0.1:1/none',
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'The database at 127.0.0.1:1 refuses connections. Start PostgreSQL there, or correct host and port in DATABASE_URL.\n',
    );
  });

  test('no embedded database, of which none is made', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-verify-'));
    try {
      for (const DATA_DIR of [folder, path.join(folder, randomUUID())]) {
        const { code, stdout, stderr } = await runCommand(['verify'], { DATA_DIR });
        expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
        expect(stderr).toContain(`There is no database in ${DATA_DIR}.`);
      }
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
