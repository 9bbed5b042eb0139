import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { createCredentialsCipher } from '../../src/data/credentials/cipher.js';
import { parseCredentialsKeys } from '../../src/data/credentials/keys.js';
import type { StoredCredentials } from '../../src/data/row-values.js';

/** A key as CREDENTIALS_KEYS has it. */
export function newCredentialsKey(id: string): string {
  return `${id}:${randomBytes(32).toString('base64')}`;
}

/** The key of servers in tests that bring none. */
export const testCredentialsKey = newCredentialsKey('test');

/** Encrypts and decrypts with keys as CREDENTIALS_KEYS has them. */
export function cipherFor(keys: string) {
  const parsed = parseCredentialsKeys(keys);
  if (typeof parsed === 'string') throw new Error(`The keys of a test ${parsed}.`);
  return createCredentialsCipher(parsed);
}

/** Credentials as a row of the table has them, decrypted. @throws when they are not encrypted */
export function decrypted(sessionId: string, stored: unknown, keys = testCredentialsKey): unknown {
  if (typeof stored !== 'string') throw new Error('The credentials are stored in plain text.');
  return JSON.parse(cipherFor(keys).decrypt(sessionId, stored as unknown as StoredCredentials)) as unknown;
}

/** What the table really holds as the credentials of a session. */
export async function storedCredentials(sql: pg.Pool, id: string): Promise<unknown> {
  const { rows } = await sql.query<{ credentials: unknown }>(
    'SELECT credentials FROM "ChatSession" WHERE id = $1',
    [id],
  );
  return rows[0]?.credentials;
}

/** Puts something into the table as the credentials of a session, past the server. */
export async function storeCredentials(sql: pg.Pool, id: string, value: unknown): Promise<void> {
  await sql.query('UPDATE "ChatSession" SET credentials = $2 WHERE id = $1', [id, JSON.stringify(value)]);
}
