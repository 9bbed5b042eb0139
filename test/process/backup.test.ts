import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { Random } from '../support/chaos/random.js';
import { Writer } from '../support/chaos/writer.js';
import {
  missingPrograms,
  programs,
  startDebianPostgres,
  type DebianPostgres,
} from '../support/debian-postgres.js';
import { createSession } from '../support/ledger.js';
import { blocksOf } from '../support/pages.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { newUser } from '../support/test-app.js';
import { until } from '../support/until.js';

const inProject = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));

const describeWithPrograms = missingPrograms.length === 0 ? describe : describe.skip;
const leftOut =
  `(left out: ${programs} has no ${missingPrograms.join(', ')}; install postgresql-15, or name the folder of ` +
  'another version in POSTGRES_PROGRAMS)';
// Jest says nothing of the tests of a file that is left out as a whole.
if (missingPrograms.length > 0) process.stderr.write(`The tests of backups were NOT made ${leftOut}.\n`);

describeWithPrograms('what docs/operations.md says of backups', () => {
  let folder: string;
  let postgres: DebianPostgres;
  const leaving: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'chatledger-backup-'));
    leaving.push(() => rm(folder, { recursive: true, force: true }));
    // Root's database runs as another user, who is to find it here and not in a place of the system.
    await chmod(folder, 0o711);
    postgres = await startDebianPostgres();
    leaving.push(() => postgres.stop());
  });
  afterAll(() => Promise.all(leaving.map((leave) => leave())));

  const urlOf = (name: string) => {
    const url = new URL(postgres.url);
    url.pathname = `/${name}`;
    return url.href;
  };

  test('a dump of a server, made while writers write, is sound when it is restored', async () => {
    await query(postgres.url, 'CREATE DATABASE ledger');
    const urls = { DATABASE_URL: urlOf('ledger'), RESTORED_URL: urlOf('chatledger_restored') };
    const server = await startServer({ DATABASE_URL: urls.DATABASE_URL });
    try {
      const writers = await startWriters(server);
      await run('dump', folder, urls);
      await writers.end();
    } finally {
      await stop(server);
    }
    expect(await run('restore', folder, urls)).toMatch(/^Sound: /m);
    const [original, restored] = await Promise.all(Object.values(urls).map(readTables));
    expect(restored?.['ChatMessage']?.length).toBeGreaterThan(10);
    // Those that came later are not in it, and what is in it may have changed since.
    const ids = new Set(original?.['ChatMessage']?.map(({ id }) => id));
    for (const { id } of restored?.['ChatMessage'] ?? []) expect(ids).toContain(id);

    // It takes what comes, as the original would.
    const again = await startServer({ DATABASE_URL: urls.RESTORED_URL, MIGRATE: 'off' });
    try {
      await (await startWriters(again)).end();
    } finally {
      await stop(again);
    }
    expect(await run('verify', folder, { DATABASE_URL: urls.RESTORED_URL })).toMatch(/^Sound: /m);
  });

  test('an embedded database goes to a server whole, by its tables, and to another folder as a folder', async () => {
    const source = { DATA_DIR: path.join(folder, '.chatledger') };
    const server = await startServer(source);
    const paste = async (name: string) => {
      await query(postgres.url, `CREATE DATABASE ${name}`);
      return run('paste', folder, { NEW_URL: urlOf(name) });
    };
    let tables: Tables;
    try {
      const writers = await startWriters(server);
      await run('copy', folder, {});
      await writers.end();
      expect(await paste('while_written')).toMatch(/^Sound: /m);
      // Once more, now that nobody writes: all of it can be compared.
      await run('copy', folder, {});
      tables = await readTables(await embeddedUrl(source.DATA_DIR));
      expect(await paste('moved')).toMatch(/^Sound: /m);
    } finally {
      await stop(server);
    }
    expect(tables['ChatMessage']?.length).toBeGreaterThan(10);
    expect(Object.keys(tables).sort()).toEqual(await modelNames());
    expect(await readTables(urlOf('moved'))).toEqual(tables);

    await run('pack', folder, {});
    expect(await run('unpack', folder, {})).toMatch(/^Sound: /m);
    const restored = path.join(folder, 'restored', '.chatledger');
    const reader = await startServer({ DATA_DIR: restored });
    try {
      expect(await readTables(await embeddedUrl(restored))).toEqual(tables);
    } finally {
      await stop(reader);
    }
  });
});

async function stop(server: ServerProcess): Promise<void> {
  server.kill('SIGTERM');
  await server.exited;
}

/** Lets writers write, and gives them back when each has had some messages confirmed. */
async function startWriters(server: ServerProcess): Promise<{ end(): Promise<void> }> {
  const client = server.as(newUser());
  const sessions = await Promise.all([createSession(client), createSession(client)]);
  const ids = sessions.map(({ id }) => id);
  const writers = [1, 2, 3].map((seed) => new Writer(client, ids, new Random(seed)));
  const enough = new AbortController();
  const writing = Promise.all(writers.map((writer) => writer.run(enough.signal)));
  const someWritten = () => writers.every(({ acknowledged }) => acknowledged.messages.size > 5);
  await Promise.race([until(someWritten), writing]);
  return {
    async end() {
      enough.abort();
      await writing;
    },
  };
}

/** Runs what stands in docs/operations.md under a mark, with the program of this project. @returns what it printed */
async function run(mark: string, cwd: string, environment: Record<string, string>): Promise<string> {
  const marked = blocksOf('docs/operations.md').find((block) => block.mark === `run: ${mark}`);
  if (!marked) throw new Error(`Nothing is marked with "run: ${mark}".`);
  const script = marked.text.replaceAll(
    'npx chatledger',
    `"${process.execPath}" "${inProject('dist/main.js')}"`,
  );
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', script], {
    cwd,
    env: { PATH: `${programs}:${process.env['PATH'] ?? ''}`, LC_ALL: 'C', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(shell, 'close')) as [number | null];
  if (code !== 0) throw new Error(`"${mark}" ended with ${code ?? 'a signal'}:\n${output}`);
  return output;
}

/** The address as docs/operations.md puts it together. */
async function embeddedUrl(dataDirectory: string): Promise<string> {
  const [port, password] = await Promise.all(
    ['port', 'password'].map((name) => readFile(path.join(dataDirectory, 'database', name), 'utf8')),
  );
  return `postgresql://chatledger:${password?.trim() ?? ''}@127.0.0.1:${port?.trim() ?? ''}/chatledger`;
}

type Tables = Record<string, { id: string | undefined; row: string }[]>;

/** All rows of all tables, as text and in order of it, except for Prisma's own. */
async function readTables(url: string): Promise<Tables> {
  const tables: Tables = {};
  for (const name of await tableNames(url)) {
    const rows = await query<{ row: string }>(
      url,
      `SELECT t::text AS row FROM "${name}" t ORDER BY t::text COLLATE "C"`,
    );
    tables[name] = rows.map(({ row }) => ({ id: /[0-9a-f-]{36}/.exec(row)?.[0], row }));
  }
  return tables;
}

async function tableNames(url: string): Promise<string[]> {
  const rows = await query<{ name: string }>(
    url,
    `SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '\\_prisma%'`,
  );
  return rows.map(({ name }) => name);
}

async function modelNames(): Promise<string[]> {
  const model = await readFile(inProject('prisma/schema.prisma'), 'utf8');
  return [...model.matchAll(/^model (\w+)/gm)].map(([, name = '']) => name).sort();
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SET TimeZone = 'UTC'`);
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}
