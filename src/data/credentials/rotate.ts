import type { Queryable } from '../database.js';
import { retrying, untilSettled } from '../retry.js';
import type { StoredCredentials } from '../row-values.js';
import {
  readStoredCredentials,
  replaceStoredCredentials,
  type CredentialsReplacement,
} from '../statements/stored-credentials.js';
import { decryptIfPossible, type CredentialsCipher } from './cipher.js';

export interface Rotation {
  /** Sessions whose credentials were encrypted now. */
  readonly encrypted: number;
  /** Sessions whose credentials were as they should be, or which have none. */
  readonly current: number;
  /** Ids of sessions whose credentials none of the keys decrypts. They are left as they are. */
  readonly unreadable: readonly string[];
}

/** Sessions of one batch: each has 350 kB of credentials at most. */
const batch = 50;

/**
 * Encrypts with the first key whatever credentials are in plain text or under another one. Servers may write
 * meanwhile: what they wrote since a batch was read is read again, and never overwritten. Nothing that anybody is
 * shown changes, so there is no new revision. Cut off, it has only to be called again.
 *
 * @throws DatabaseError
 */
export async function rotateCredentials(database: Queryable, cipher: CredentialsCipher): Promise<Rotation> {
  let [encrypted, current] = [0, 0];
  const unreadable: string[] = [];
  let after: string | null = null;
  for (let more = true; more;) {
    const page = await rotateBatch(database, cipher, after);
    encrypted += page.replaced.size;
    current += page.ids.filter((id) => !page.replaced.has(id) && !page.unreadable.includes(id)).length;
    unreadable.push(...page.unreadable);
    after = page.ids.at(-1) ?? null;
    more = page.ids.length === batch;
  }
  return { encrypted, current, unreadable };
}

interface RotatedBatch {
  readonly ids: readonly string[];
  readonly replaced: ReadonlySet<string>;
  readonly unreadable: readonly string[];
}

function rotateBatch(
  database: Queryable,
  cipher: CredentialsCipher,
  after: string | null,
): Promise<RotatedBatch> {
  const replaced = new Set<string>();
  return untilSettled(async () => {
    const sessions = await retrying(() => readStoredCredentials(database, after, batch));
    const unreadable: string[] = [];
    const replacements: CredentialsReplacement[] = [];
    for (const { id, json } of sessions) {
      if (json === null) continue;
      const stored = JSON.parse(json) as StoredCredentials;
      const credentials = decryptIfPossible(cipher, id, stored);
      if (credentials === undefined) unreadable.push(id);
      else if (!cipher.isCurrent(stored)) {
        replacements.push({ id, from: json, to: cipher.encrypt(id, credentials) });
      }
    }
    const done = await retrying(() => replaceStoredCredentials(database, replacements));
    for (const id of done) replaced.add(id);
    // What is missing was written meanwhile, or deleted.
    if (done.length < replacements.length) return undefined;
    return { ids: sessions.map(({ id }) => id), replaced, unreadable };
  });
}
