import type { Config } from '../config.js';
import type { CredentialsKey } from '../credentials-keys.js';
import { openKeyFile } from './embedded/key-file.js';
import { EmbeddedDatabaseError } from './embedded/embedded-database-error.js';
import { hasEmbeddedDatabase, openEmbeddedDatabase } from './embedded/embedded-database.js';
import { migrate } from './migrate.js';

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

/** Opens the source and, unless the configuration says otherwise, brings it to the model of this version. */
export async function prepareSource(
  config: Pick<Config, 'database' | 'credentialsKeys' | 'migrate'>,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<Source> {
  const source = await openSource(config, say, signal);
  try {
    signal?.throwIfAborted();
    if (config.migrate) {
      const applied = await migrate(source.url);
      if (applied.length > 0)
        say(`Applied ${applied.length === 1 ? 'a migration' : 'migrations'}: ${applied.join(', ')}.`);
    }
    return source;
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** The database that the configuration names, or else the embedded one, which brings a key if none is configured. */
export async function openSource(
  { database, credentialsKeys }: Pick<Config, 'database' | 'credentialsKeys'>,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<Source> {
  if (database.url !== undefined) {
    return { url: database.url, credentialsKeys, close: () => Promise.resolve() };
  }
  const embedded = await openEmbeddedDatabase({
    dataDir: database.dataDirectory,
    say,
    ...(signal && { signal }),
  });
  const source = { url: embedded.url, close: () => embedded.close() };
  if (credentialsKeys.length > 0) return { ...source, credentialsKeys };
  try {
    const { path, keys } = await openKeyFile(embedded.directory, say);
    return { ...source, credentialsKeys: keys, credentialsKeyFile: path };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/**
 * The same for who only reads: an embedded database that is not there is not made.
 *
 * @throws EmbeddedDatabaseError when there is none
 */
export async function openExistingSource(
  config: Pick<Config, 'database' | 'credentialsKeys'>,
  say: (line: string) => void,
): Promise<Source> {
  const { url, dataDirectory: dataDir } = config.database;
  if (url === undefined && !(await hasEmbeddedDatabase({ dataDir }))) {
    throw new EmbeddedDatabaseError(
      'folder',
      `There is no database in ${dataDir}. Set DATA_DIR to its folder, or DATABASE_URL.`,
    );
  }
  return openSource(config, say);
}
