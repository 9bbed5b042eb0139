import { appendFile, chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { errorCode } from '../../packages/embedded-database/src/cluster-files.js';
import { createCluster, readPassword } from '../../packages/embedded-database/src/create-cluster.js';
import { unlocked } from '../../packages/embedded-database/src/folder-lock.js';
import { freePort } from '../../packages/embedded-database/src/free-port.js';
import { findPostmaster } from '../../packages/embedded-database/src/postmaster.js';
import { chooseSite, type Site } from '../../packages/embedded-database/src/site.js';
import { startServer } from '../../packages/embedded-database/src/start-server.js';
import { stopServer } from '../../packages/embedded-database/src/stop-server.js';
import { migrate } from '../support/migrate.js';
import { isRunning } from '../embedded/stage.js';
import { onServer } from '../support/test-database.js';
import { until } from '../support/until.js';

/** A PostgreSQL server that nobody else uses and nobody brings back, to be treated badly. It keeps its address. */
export interface Postgres {
  /** A database of that server: empty, or migrated. */
  newDatabase(how?: 'empty' | 'migrated'): Promise<string>;
  /** Asks it to stop, as an operator does, and waits for its end. */
  stop(): Promise<void>;
  /** Kills all its processes with SIGKILL. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops all its processes with SIGSTOP: it takes connections, and answers nothing. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Ends it, and leaves nothing of it. */
  end(): Promise<void>;
}

/** @param settings lines for postgresql.conf. Durability is that of the embedded server: PostgreSQL's default. */
export async function startPostgres(settings: readonly string[] = []): Promise<Postgres> {
  const folder = await mkdtemp(path.join(tmpdir(), 'chatledger-faults-'));
  // Root's database runs as another user, who is to find it here and not in a place of the system.
  await chmod(folder, 0o711);
  const said: string[] = [];
  const site = await chooseSite({
    folder,
    systemDir: '/var/lib/chatledger',
    resolvePackage: undefined,
    name: 'chatledger',
    Client: pg.Client,
    say: (line) => said.push(line),
  });
  await createCluster(site);
  await appendFile(path.join(site.files.data, 'postgresql.conf'), `${settings.join('\n')}\n`);
  const [port, password] = [await freePort(), await readPassword(site)];
  const urlOf = (database: string) =>
    `postgresql://${site.name}:${password}@127.0.0.1:${port}/${database}?sslmode=disable`;
  const start = () => startServer(site, unlocked, port, new AbortController().signal);

  await start();
  let frozen: readonly number[] = [];
  let databases = 0;
  const create = async (from: string) => {
    databases += 1;
    const name = `ledger_${databases}`;
    await onServer(urlOf('postgres'), `CREATE DATABASE ${name} ${from}`);
    return urlOf(name);
  };
  const postgres: Postgres = {
    newDatabase: (how = 'migrated') => create(how === 'empty' ? '' : 'TEMPLATE template_of_tests'),
    start,
    async stop() {
      if (!(await stopServer(site))) throw new Error(`PostgreSQL does not stop: ${said.join('\n')}`);
    },
    async kill() {
      const pids = await processesOf(site);
      send('SIGKILL', pids);
      await until(async () => !(await Promise.all(pids.map(isRunning))).includes(true));
    },
    async freeze() {
      // First the one that starts others.
      send('SIGSTOP', await processesOf(site));
      frozen = await processesOf(site);
      send('SIGSTOP', frozen);
    },
    thaw() {
      send('SIGCONT', frozen);
      frozen = [];
    },
    async end() {
      postgres.thaw();
      await postgres.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await onServer(urlOf('postgres'), 'CREATE DATABASE template_of_tests');
  await migrate(urlOf('template_of_tests'));
  return postgres;
}

/** The first process of the server, and those that it has started. None when it does not run. */
async function processesOf(site: Site): Promise<number[]> {
  const postmaster = await findPostmaster(site);
  if (!postmaster) return [];
  const { pid } = postmaster;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return [pid, ...children.split(' ').filter(Boolean).map(Number)];
}

/** Those that have ended by now are passed over. */
function send(signal: NodeJS.Signals, pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  }
}
