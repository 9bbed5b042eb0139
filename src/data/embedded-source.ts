import {
  EmbeddedDatabaseError,
  hasEmbeddedDatabase,
  openEmbeddedDatabase,
  type EmbeddedDatabase,
} from '@chatledger/embedded-database';
import { GuardedClient } from './guarded-client.js';
import type { Patience } from './reach-database.js';

const name = 'chatledger';

/** Opens the database in a folder with the server that comes along. @throws EmbeddedDatabaseError */
export async function openEmbedded(
  dataDir: string,
  { say, signal }: Pick<Patience, 'say' | 'signal'>,
): Promise<EmbeddedDatabase> {
  const options = { name, dataDir, say, Client: GuardedClient, ...(signal && { signal }) };
  return openEmbeddedDatabase(options).catch(failWithSettings);
}

/** @throws EmbeddedDatabaseError when there is no database in a folder */
export async function expectEmbedded(dataDir: string): Promise<void> {
  if (await hasEmbeddedDatabase({ name, dataDir }).catch(failWithSettings)) return;
  throw new EmbeddedDatabaseError(
    'folder',
    `There is no database in ${dataDir}. Set DATA_DIR to its folder, or DATABASE_URL.`,
  );
}

/** The package knows nothing of our settings, which are what an operator can change. */
function failWithSettings(error: unknown): never {
  if (!(error instanceof EmbeddedDatabaseError)) throw error;
  const { trouble, message } = error;
  const sentences = [
    ...(trouble === 'version' ? ['`chatledger export` and `import` move the data.'] : []),
    'Set DATA_DIR to use another folder, or DATABASE_URL to use a PostgreSQL of your own (15 or newer).',
  ];
  throw new EmbeddedDatabaseError(trouble, `${message}\n${sentences.join(' ')}`, { cause: error });
}
