import type { Config } from '../config.js';
import { EmbeddedDatabaseError } from './embedded/embedded-database-error.js';
import { hasEmbeddedDatabase, openEmbeddedDatabase } from './embedded/embedded-database.js';
import { migrate } from './migrate.js';

/** Where the data is. */
export interface Source {
  readonly url: string;
  /** Lets go of an embedded database. */
  close(): Promise<void>;
}

/** Opens the source and, unless the configuration says otherwise, brings it to the model of this version. */
export async function prepareSource(
  config: Pick<Config, 'database' | 'migrate'>,
  say: (line: string) => void,
): Promise<Source> {
  const source = await openSource(config, say);
  try {
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

/** The database that the configuration names, or else the embedded one. */
export async function openSource(
  { database }: Pick<Config, 'database'>,
  say: (line: string) => void,
): Promise<Source> {
  if (database.url !== undefined) return { url: database.url, close: () => Promise.resolve() };
  return openEmbeddedDatabase({ dataDir: database.dataDirectory, say });
}

/**
 * The same for who only reads: an embedded database that is not there is not made.
 *
 * @throws EmbeddedDatabaseError when there is none
 */
export async function openExistingSource(
  { database }: Pick<Config, 'database'>,
  say: (line: string) => void,
): Promise<Source> {
  const { url, dataDirectory: dataDir } = database;
  if (url === undefined && !(await hasEmbeddedDatabase({ dataDir }))) {
    throw new EmbeddedDatabaseError(
      'folder',
      `There is no database in ${dataDir}. Set DATA_DIR to its folder, or DATABASE_URL.`,
    );
  }
  return openSource({ database }, say);
}
