import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import pg from 'pg';
import type { ResolvePackage } from './binaries.js';
import { unlessMissing } from './cluster-files.js';
import { explainFileError } from './failure.js';
import { joinServer } from './join-server.js';
import { findCluster, noteLocation, systemHome } from './location.js';
import { keepServer } from './keep-server.js';
import { openSecret, type Secret } from './secret-file.js';
import { chooseSite, makeDataFolder, type ClientClass } from './site.js';

/** The use of an embedded PostgreSQL server, which other processes may share. */
export interface EmbeddedDatabase {
  /** Connection string of the application's database: loopback, with the random password. It stays good for as long
   * as this is open, also when the server has to be started again. */
  readonly url: string;
  /** Where the cluster's files really are. */
  readonly directory: string;
  /**
   * A secret of the application that is kept in a file of this name beside the cluster, and goes where its files go.
   * `make` gives its text when there is none: when several processes do so at once, they come to have the same.
   */
  secret(name: string, make: () => string): Promise<Secret>;
  /** Leaves the shared server. The last process that leaves stops it and waits until it is gone, at most about five
   * seconds. Idempotent; never rejects. */
  close(): Promise<void>;
}

export interface EmbeddedDatabaseOptions {
  /**
   * The application, in lower-case letters, digits and `_`: names its database and the role that owns it, and the system
   * user that runs PostgreSQL for root.
   */
  readonly name: string;
  /** The data folder, absolute or relative to the working directory. It is created when missing. */
  readonly dataDir: string;
  /** Is told in plain sentences what is being done. */
  readonly say: (line: string) => void;
  /** Gives up when aborted, and rejects with its reason. Default: never. */
  readonly signal?: AbortSignal;
  /** Finds the npm package with PostgreSQL's programs. Default: what is installed. */
  readonly resolvePackage?: ResolvePackage;
  /** Where root keeps programs and data that the database's user can't reach otherwise. Default `/var/lib/NAME`. */
  readonly systemDir?: string;
  /** Makes the connection that holds this process's place among the users of the server. Default `pg.Client`. */
  readonly Client?: ClientClass;
}

/**
 * Opens the PostgreSQL database kept in a data folder: makes it, starts its server, adopts a server that a killed
 * process left, or shares the one that another process uses. When the server dies it is brought back on the same
 * port. Rejects with an EmbeddedDatabaseError whose message says what is wrong and what to do.
 */
export async function openEmbeddedDatabase(options: EmbeddedDatabaseOptions): Promise<EmbeddedDatabase> {
  const { say, resolvePackage, Client = pg.Client } = options;
  const name = checkedName(options.name);
  const systemDir = options.systemDir ?? defaultSystemDir(name);
  const signal = options.signal ?? new AbortController().signal;
  const dataDir = resolve(options.dataDir);
  try {
    const folder = await makeDataFolder(dataDir);
    const site = await chooseSite({ folder, systemDir, resolvePackage, name, Client, say });
    const membership = await joinServer(site, signal);
    const leave = keepServer(site, membership);
    try {
      await membership.keeper.ensureDatabase();
      if (site.files.home !== folder) await noteLocation(folder, site.files.home);
    } catch (error) {
      await leave();
      throw error;
    }
    const { server, password } = membership;
    return {
      url: `postgresql://${name}:${password}@127.0.0.1:${server.port}/${name}?sslmode=disable`,
      directory: site.files.home,
      secret: (file, make) => openSecret(site.files.home, file, make),
      close: leave,
    };
  } catch (error) {
    throw explainFileError(error, dataDir);
  }
}

/** Whether there is a database in a data folder. Opening a folder without one makes one. */
export async function hasEmbeddedDatabase({
  name,
  dataDir,
  systemDir = defaultSystemDir(checkedName(name)),
}: Pick<EmbeddedDatabaseOptions, 'name' | 'dataDir' | 'systemDir'>): Promise<boolean> {
  try {
    const folder = await unlessMissing(realpath(resolve(dataDir)));
    if (folder === undefined) return false;
    return (await findCluster(folder, systemHome(systemDir, folder))) !== undefined;
  } catch (error) {
    throw explainFileError(error, dataDir);
  }
}

function checkedName(name: string): string {
  if (!/^[a-z][a-z0-9_]{0,30}$/.test(name))
    throw new TypeError(`${JSON.stringify(name)} is no name for a database.`);
  return name;
}

const defaultSystemDir = (name: string) => `/var/lib/${name}`;
