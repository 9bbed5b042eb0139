import { visibleOwner, type Viewer } from '../auth/viewer.js';
import type { CredentialsCipher } from '../data/credentials/cipher.js';
import type { Database } from '../data/database.js';
import type { Queryable } from '../data/queryable.js';
import { createQueryBatcher } from '../data/query-batcher.js';
import type { ChangeNotifier } from '../data/change-notifier.js';
import { Loaders } from '../data/loaders.js';
import type { RequestScope } from '../data/request-scope.js';

/** The ledger as one viewer sees it during one request. All rules of this folder are functions over it. */
export interface Ledger {
  readonly database: Database;
  /** Who waits for the answer. */
  readonly scope: RequestScope;
  /** For reads that may travel with others of the request, and are of no use once its client has gone. */
  readonly reads: Queryable;
  /** For credentials, which the database holds encrypted. */
  readonly cipher: CredentialsCipher;
  readonly viewer: Viewer;
  /** The only owner whose sessions the viewer may see and change; null when all. */
  readonly owner: string | null;
  readonly loaders: Loaders;
  /** Tells those who follow a session that it has changed, after the change was committed. */
  readonly notifier: Pick<ChangeNotifier, 'notify'>;
}

export function openLedger(
  database: Database,
  cipher: CredentialsCipher,
  notifier: Pick<ChangeNotifier, 'notify'>,
  viewer: Viewer,
  scope: RequestScope,
): Ledger {
  const owner = visibleOwner(viewer);
  const reads = createQueryBatcher(database, scope);
  return { database, scope, reads, cipher, viewer, owner, loaders: new Loaders(reads, owner), notifier };
}

/**
 * Runs a write, and forgets what the request has read until then: its next mutation must see this one.
 *
 * @throws RequestTimeoutError when the time of the request is over before it begins
 */
export async function writing<Result>(
  { scope, loaders }: Ledger,
  write: () => Promise<Result>,
): Promise<Result> {
  scope.begin();
  try {
    return await write();
  } finally {
    loaders.forget();
  }
}
