import type { Config } from '../config.js';
import type { CredentialsKey } from '../credentials-keys.js';
import { openKeyFile } from './credentials/key-file.js';
import { expectEmbedded, openEmbedded } from './embedded-source.js';
import { migrate } from './migrate.js';
import { reachDatabase, type Patience } from './reach-database.js';

/** Where the data is. */
export interface Source {
  readonly url: string;
  /** For credentials: the first encrypts, all decrypt. */
  readonly credentialsKeys: readonly CredentialsKey[];
  /** The file that holds them, when it lies beside an embedded database. */
  readonly credentialsKeyFile?: string;
  /** Lets go of an embedded database. */
  close(): Promise<void>;
}

/**
 * Opens the source, waiting for a database that is not there yet, and, unless the configuration says otherwise, brings
 * it to the model of this version.
 *
 * @throws EmbeddedDatabaseError, DatabaseUnavailableError, or the engine's error when a migration fails
 */
export async function prepareSource(
  config: Pick<Config, 'database' | 'credentialsKeys' | 'migrate'>,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<Source> {
  const patience = { wait: config.database.wait, say, signal };
  const source = await openSource(config, patience);
  try {
    signal?.throwIfAborted();
    if (config.migrate) {
      const applied = await migrateSource(source, config, patience);
      if (applied.length > 0)
        say(`Applied ${applied.length === 1 ? 'a migration' : 'migrations'}: ${applied.join(', ')}.`);
    }
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * Brings a source to the model of this version, past a pooler where there is one.
 *
 * @returns names of the migrations applied now
 */
export async function migrateSource(
  { url }: Source,
  { database: { directUrl } }: Pick<Config, 'database'>,
  patience: Patience,
): Promise<string[]> {
  if (directUrl !== undefined) await reachDatabase(directUrl, 'DATABASE_DIRECT_URL', patience);
  return migrate(directUrl ?? url, patience);
}

/** The database that the configuration names, or else the embedded one, which brings a key if none is configured. */
export async function openSource(
  { database, credentialsKeys }: Pick<Config, 'database' | 'credentialsKeys'>,
  patience: Patience,
): Promise<Source> {
  if (database.url !== undefined) {
    await reachDatabase(database.url, 'DATABASE_URL', patience);
    return preparedSource(database.url, credentialsKeys);
  }
  const embedded = await openEmbedded(database.dataDirectory, patience);
  const source = { url: embedded.url, close: () => embedded.close() };
  if (credentialsKeys.length > 0) return { ...source, credentialsKeys };
  try {
    const { path, keys } = await openKeyFile(embedded, patience.say);
    return { ...source, credentialsKeys: keys, credentialsKeyFile: path };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** A database that somebody else has opened, and closes. */
export function preparedSource(url: string, credentialsKeys: readonly CredentialsKey[]): Source {
  return { url, credentialsKeys, close: () => Promise.resolve() };
}

/**
 * The same for who only reads: an embedded database that is not there is not made.
 *
 * @throws EmbeddedDatabaseError when there is none
 */
export async function openExistingSource(
  config: Pick<Config, 'database' | 'credentialsKeys'>,
  patience: Patience,
): Promise<Source> {
  const { url, dataDirectory } = config.database;
  if (url === undefined) await expectEmbedded(dataDirectory);
  return openSource(config, patience);
}
