import { randomBytes } from 'node:crypto';
import { EmbeddedDatabaseError, type EmbeddedDatabase } from '@chatledger/embedded-database';
import { parseCredentialsKeys, type CredentialsKey } from '../../credentials-keys.js';

/** A file of keys, as CREDENTIALS_KEYS_FILE has it. */
export interface KeyFile {
  readonly path: string;
  readonly keys: readonly CredentialsKey[];
}

/**
 * The key of credentials that lies beside an embedded database. It is made when it is missing.
 *
 * @throws EmbeddedDatabaseError
 */
export async function openKeyFile(
  database: Pick<EmbeddedDatabase, 'secret'>,
  say: (line: string) => void,
): Promise<KeyFile> {
  const { path, text, isNew } = await database.secret('credentials-key', makeKey);
  if (isNew)
    say(`Made a key for credentials, ${path}: without it they can't be read from a copy of the data.`);
  const keys = parseCredentialsKeys(text);
  if (typeof keys !== 'string') return { path, keys };
  throw new EmbeddedDatabaseError(
    'folder',
    `${path} is damaged. It holds the key of all credentials in this database: restore it from a backup, or remove it to go on without those credentials.`,
  );
}

/** A key that comes in the place of a lost one has another name, by which it shows what is lost. */
function makeKey(): string {
  return `embedded-${randomBytes(4).toString('hex')}:${randomBytes(32).toString('base64')}\n`;
}
