import { decryptIfPossible, type CredentialsCipher } from '../data/credentials/cipher.js';
import { retryOnRace } from '../data/retry.js';
import { JsonText, type StoredCredentials } from '../data/row-values.js';
import type { ChatSessionRow, SessionMap } from '../data/rows.js';
import { findStoredCredentials, replaceStoredCredentials } from '../data/queries/stored-credentials.js';
import type { SessionChanges, UpdatedSession } from '../data/statements/update-session.js';
import { InvalidInputError } from '../errors.js';
import { inTurn } from './in-turn.js';
import type { Ledger } from './ledger.js';
import { maxJsonBytes } from './limits.js';
import { isSameJson } from './same-json.js';

/** What an update does with credentials. */
export interface CredentialsChange {
  readonly how: 'replace' | 'merge';
  readonly value: object;
}

/** The credentials of a session that the viewer was shown. @throws CredentialsUnavailableError */
export function credentialsOf({ cipher }: Ledger, session: ChatSessionRow): JsonText {
  let text = decrypted.get(session);
  if (!text) decrypted.set(session, (text = new JsonText(cipher.decrypt(session.id, session.credentials))));
  return text;
}

/** By row: a session may stand in an answer a thousand times. The largest ones take 0.6 ms. */
const decrypted = new WeakMap<ChatSessionRow, JsonText>();

/**
 * Changes the credentials of a session. The database can't merge what it can't read, so the new ones are made here.
 * The update makes sure, under the lock of the row, that they are made from the newest ones, and is sent again
 * otherwise.
 *
 * @param update changes them, and whatever else is to change with them
 * @returns null when there is no such session for the viewer
 * @throws CredentialsUnavailableError, InvalidInputError; DatabaseError of kind `conflict` when others were faster time
 *   and again
 */
export function changeCredentials(
  { database, owner, cipher }: Ledger,
  id: string,
  change: CredentialsChange,
  update: (credentials: NonNullable<SessionChanges['credentials']>) => Promise<UpdatedSession | null>,
): Promise<UpdatedSession | null> {
  return inTurn(`${owner ?? ''} ${id}`, async () => {
    const session = await findStoredCredentials(database, owner, id);
    if (!session) return null;
    let from = await brought(session.credentials);
    return retryOnRace(async () => {
      const updated = await update({ from, to: changed(cipher, id, from, change) });
      if (updated?.refusal !== 'overtaken') return updated;
      from = updated.storedCredentials ?? from;
      return undefined;
    });
  });

  /** Brings what is in plain text or under another key to the first one, also where the change leaves it as it is. */
  async function brought(stored: StoredCredentials): Promise<StoredCredentials> {
    const json = cipher.isCurrent(stored) ? undefined : decryptIfPossible(cipher, id, stored);
    if (json === undefined || !cipher.encrypts) return stored;
    const to = cipher.encrypt(id, json);
    const replaced = await replaceStoredCredentials(database, [{ id, from: stored, to }]);
    return replaced.length > 0 ? to : stored;
  }
}

/** What is to be stored; the same, if the change leaves the credentials as they are. */
function changed(
  cipher: CredentialsCipher,
  id: string,
  stored: StoredCredentials,
  { how, value }: CredentialsChange,
): StoredCredentials {
  // What can't be read can still be replaced.
  const before = how === 'merge' ? cipher.decrypt(id, stored) : decryptIfPossible(cipher, id, stored);
  const after = JSON.stringify(how === 'merge' && before !== undefined ? merged(before, value) : value);
  if (how === 'merge' && Buffer.byteLength(after) > maxJsonBytes) throw overfullMap('credentials');
  return before !== undefined && isSameJson(before, after) ? stored : cipher.encrypt(id, after);
}

/** Sets the top-level keys of `value`, and takes out those whose value there is null: as the database does. */
function merged(json: string, value: object): object {
  const entries = new Map(Object.entries(JSON.parse(json) as object));
  for (const [key, item] of Object.entries(value)) {
    if (item === null) entries.delete(key);
    else entries.set(key, item);
  }
  // Defines what it sets, also a key that is called __proto__.
  return Object.fromEntries(entries);
}

/** Why maps are not merged. */
export function overfullMap(field: 'credentials' | SessionMap): InvalidInputError {
  return new InvalidInputError(`The merged map would be larger than ${maxJsonBytes} bytes of JSON.`, [
    'input',
    field,
  ]);
}
