import type { Database } from '../database.js';
import {
  readStoredCredentials,
  replaceStoredCredentials,
  type CredentialsReplacement,
} from '../queries/stored-credentials.js';
import { withRetry, retryOnRace } from '../retry.js';
import { decryptIfPossible, type CredentialsCipher } from './cipher.js';

export interface Rotation {
  /** Sessions whose credentials were encrypted now. */
  readonly encrypted: number;
  /** Sessions whose credentials were as they should be, or which have none. */
  readonly current: number;
  /**
   * Ids of sessions whose credentials none of the keys decrypts, or which hold a number in plain text that would come
   * out as another one. They are left as they are.
   */
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
export async function rotateCredentials(
  database: Pick<Database, 'prisma'>,
  cipher: CredentialsCipher,
): Promise<Rotation> {
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
  database: Pick<Database, 'prisma'>,
  cipher: CredentialsCipher,
  after: string | null,
): Promise<RotatedBatch> {
  const replaced = new Set<string>();
  const missed = new Map<string, string>();
  return retryOnRace(async () => {
    const sessions = await withRetry(() => readStoredCredentials(database, after, batch));
    const unreadable: string[] = [];
    const replacements: CredentialsReplacement[] = [];
    for (const { id, credentials: from } of sessions) {
      const json = decryptIfPossible(cipher, id, from);
      // What reads as before, and was not found, is not what was read: it has a number that a double does not hold.
      if (json === undefined || missed.get(id) === JSON.stringify(from)) unreadable.push(id);
      else if (!cipher.isCurrent(from)) replacements.push({ id, from, to: cipher.encrypt(id, json) });
    }
    const done = new Set(await withRetry(() => replaceStoredCredentials(database, replacements)));
    for (const { id, from } of replacements) {
      if (done.has(id)) replaced.add(id);
      else missed.set(id, JSON.stringify(from));
    }
    // What is missing was written meanwhile, or deleted.
    if (done.size < replacements.length) return undefined;
    return { ids: sessions.map(({ id }) => id), replaced, unreadable };
  });
}
