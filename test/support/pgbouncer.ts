import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { freePort } from '../../packages/embedded-database/src/free-port.js';
import { until } from './until.js';

const { PGBOUNCER } = process.env;

/** Where Debian's package puts it, unless PGBOUNCER says otherwise. */
const program = PGBOUNCER ?? '/usr/sbin/pgbouncer';

/** Whether it is there. Named in PGBOUNCER it must be: then its absence is a failure. */
export const hasPgBouncer = PGBOUNCER !== undefined || existsSync(program);

/** A pooler that gives a connection per transaction. */
export interface PgBouncer {
  /** Of the database behind it. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts PgBouncer in transaction mode, with more connections to the database than one, so that statements meet others
 * than those that they were prepared on.
 *
 * @param settings lines for its configuration
 */
export async function startPgBouncer(database: string, settings: readonly string[]): Promise<PgBouncer> {
  const { hostname, port: databasePort, username, password, pathname } = new URL(database);
  const name = pathname.slice(1);
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-pgbouncer-'));
  const port = await freePort();
  const configuration = path.join(folder, 'pgbouncer.ini');
  await writeFile(
    configuration,
    [
      '[databases]',
      `${name} = host=${hostname} port=${databasePort} dbname=${name} user=${username} password=${decodeURIComponent(password)}`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      'default_pool_size = 4',
      'server_round_robin = 1',
      ...settings,
      '',
    ].join('\n'),
  );
  await chmod(folder, 0o755);
  // It does not run as root.
  const as = userInfo().uid === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const child = spawn(program, [configuration], { ...as, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const exited = once(child, 'exit');
  const url = new URL(database);
  url.host = `127.0.0.1:${port}`;
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`pgbouncer: ${output}`);
    const client = new pg.Client({ connectionString: url.href });
    client.on('error', () => undefined);
    return client
      .connect()
      .then(() => client.end())
      .then(
        () => true,
        () => false,
      );
  });
  return {
    url: url.href,
    async stop() {
      child.kill('SIGQUIT');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
