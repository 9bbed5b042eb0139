import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { appendFile, chmod, chown, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { until } from './until.js';

const { POSTGRES_PROGRAMS } = process.env;

/** Where Debian's packages postgresql-15 and postgresql-client-15 put their programs, unless POSTGRES_PROGRAMS says otherwise. */
export const programs = POSTGRES_PROGRAMS ?? '/usr/lib/postgresql/15/bin';

/** Those that are needed and not there. None when somebody has said where they are: then their absence is a failure. */
export const missingPrograms =
  POSTGRES_PROGRAMS === undefined
    ? ['initdb', 'postgres', 'psql', 'pg_basebackup', 'pg_dump', 'pg_restore', 'createdb'].filter(
        (name) => !existsSync(path.join(programs, name)),
      )
    : [];

interface OsUser {
  readonly uid: number;
  readonly gid: number;
}

/** With characters that have to be escaped in an address. */
const password = 'p@ss word';

/** A PostgreSQL server that did not come with Chatledger. */
export interface DebianPostgres {
  /** Of the database `postgres`, as a superuser. */
  readonly url: string;
  /** Kills it, with SIGKILL. Its folder stays until it is stopped. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** How the data of a server come to be. */
type Make = (data: string, folder: string, as: OsUser | undefined) => Promise<void>;

/** Makes a server in a folder of its own and starts it, on loopback and with a password. */
export function startDebianPostgres(): Promise<DebianPostgres> {
  return startWith(async (data, folder, as) => {
    const passwordFile = path.join(folder, 'password');
    await writeFile(passwordFile, password);
    if (as) await chown(passwordFile, as.uid, as.gid);
    const options = ['--auth=scram-sha-256', '--username=owner', '--encoding=UTF8', '--no-sync'];
    await run('initdb', [`--pgdata=${data}`, `--pwfile=${passwordFile}`, ...options], as);
  });
}

/** A copy of a server that follows it, asynchronously, by the address at which it was reached. */
export function startStandby(url: string): Promise<DebianPostgres> {
  return startWith((data, _folder, as) =>
    run('pg_basebackup', [...copying(data, url), '--write-recovery-conf'], as),
  );
}

/** A copy of a server as it is now, as a backup that is not running yet. */
export async function baseBackup(url: string): Promise<{
  /** Starts the copy at the point of time of the backup, as the documentation of PostgreSQL says. */
  restore(): Promise<DebianPostgres>;
}> {
  const kept = await mkdtemp(path.join(tmpdir(), 'chatledger-base-backup-'));
  const as = await userForPostgres();
  if (as) await chown(kept, as.uid, as.gid);
  await run('pg_basebackup', copying(path.join(kept, 'data'), url), as);
  return {
    restore: () =>
      startWith(async (data) => {
        await rename(path.join(kept, 'data'), data);
        await rm(kept, { recursive: true, force: true });
        await appendFile(path.join(data, 'postgresql.auto.conf'), "restore_command = 'false'\n");
        const signal = path.join(data, 'recovery.signal');
        await writeFile(signal, '');
        if (as) await chown(signal, as.uid, as.gid);
      }),
  };
}

function copying(data: string, url: string): string[] {
  return [`--pgdata=${data}`, `--dbname=${url}`, '--checkpoint=fast', '--wal-method=stream', '--no-sync'];
}

async function startWith(make: Make): Promise<DebianPostgres> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-debian-postgres-'));
  const leave = () => rm(folder, { recursive: true, force: true });
  try {
    const server = await startIn(folder, make);
    return { ...server, stop: () => server.stop().then(leave) };
  } catch (error) {
    await leave();
    throw error;
  }
}

async function startIn(folder: string, make: Make): Promise<DebianPostgres> {
  const as = await userForPostgres();
  const data = path.join(folder, 'data');
  await chmod(folder, 0o711);
  if (as) await chown(folder, as.uid, as.gid);
  await make(data, folder, as);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const server = launch(
    'postgres',
    ['-D', data, '-p', `${port}`, ...settings.flatMap((each) => ['-c', each])],
    as,
  );
  const url = `postgresql://owner:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  const end = async (signal: NodeJS.Signals) => {
    server.child.kill(signal);
    await server.exited;
  };
  const stop = () => end('SIGINT');
  try {
    await until(() => {
      if (server.child.exitCode !== null) throw new Error(`postgres: ${server.output()}`);
      return answers(url);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, kill: () => end('SIGKILL'), stop };
}

/** Runs one of the programs to its end. @throws with what it printed */
async function run(name: string, options: readonly string[], as: OsUser | undefined): Promise<void> {
  const program = launch(name, options, as);
  const [code] = (await program.exited) as [number | null];
  if (code !== 0) throw new Error(`${name}: ${program.output()}`);
}

/** Starts one of the programs, with what it prints. */
function launch(name: string, options: readonly string[], as: OsUser | undefined) {
  const child = spawn(path.join(programs, name), options, {
    ...as,
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  return { child, exited: once(child, 'close'), output: () => output };
}

/** PostgreSQL does not run as root: then as the user that Debian's package makes, or as nobody. */
async function userForPostgres(): Promise<OsUser | undefined> {
  if (userInfo().uid !== 0) return undefined;
  const [, uid = '65534', gid = '65534'] =
    /^postgres:[^:]*:(\d+):(\d+):/m.exec(await readFile('/etc/passwd', 'utf8')) ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end();
  }
}
