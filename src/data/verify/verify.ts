import pg from 'pg';
import type { CredentialsCipher } from '../credentials/cipher.js';
import { toDatabaseError } from '../database-error.js';
import { GuardedClient } from '../guarded-client.js';
import { statement } from '../statement.js';
import type { Check, CheckDescription, Found } from './check.js';
import { credentialsCheck } from './credentials.js';
import { messageChecks } from './message-checks.js';
import { sessionChecks } from './session-checks.js';
import { streamChecks } from './stream-checks.js';
import { isMigrated, structureChecks } from './structure-checks.js';

/** What came of a check. */
export interface CheckResult extends CheckDescription, Found {
  /** SQLSTATE of the error for which the check could not be made; null when it was made. */
  readonly error: string | null;
}

/** How much there is, to be compared with a copy. */
export interface Counts {
  readonly sessions: number;
  readonly messages: number;
  readonly messagesInProgress: number;
  readonly deletedSessions: number;
}

/** What came of looking through a database. */
export interface Verification {
  /** Whether all checks were made, and there is no fault. */
  readonly sound: boolean;
  /** Null when the database does not have the tables of this version: then only those were looked at. */
  readonly counts: Counts | null;
  readonly checks: readonly CheckResult[];
}

// All checks see the same moment, and nobody waits for them. They go about it on one core, since servers may be at
// work beside them, and as long as it takes.
const begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL statement_timeout = 0;
  SET LOCAL max_parallel_workers_per_gather = 0`;

const counts = statement(
  'verify_counts',
  `SELECT (SELECT count(*)::int FROM "ChatSession") AS sessions,
     (SELECT count(*)::int FROM "ChatMessage") AS messages,
     (SELECT count(*)::int FROM "ChatMessage" m WHERE m.status = 'in_progress') AS "messagesInProgress",
     (SELECT count(*)::int FROM "DeletedChatSession") AS "deletedSessions"`,
);

/**
 * Looks through a whole ledger for what should not be. It only reads, all of it at one moment, and may run beside
 * servers that write.
 *
 * @param cipher with the keys of these servers
 * @param limit findings that are given for each check at most, 1 or more
 * @throws DatabaseError when the database can't be reached
 */
export async function verifyLedger(
  databaseUrl: string,
  cipher: CredentialsCipher,
  limit: number,
): Promise<Verification> {
  const client = new GuardedClient({
    connectionString: databaseUrl,
    application_name: 'chatledger verify',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // A cut connection also rejects the statement that is under way; this keeps it from ending the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(begin);
    return await lookThrough(client, cipher, limit);
  } catch (error) {
    throw toDatabaseError(error);
  } finally {
    await client.end();
  }
}

async function lookThrough(
  client: pg.ClientBase,
  cipher: CredentialsCipher,
  limit: number,
): Promise<Verification> {
  const structure = await makeAll(client, structureChecks, limit);
  if (!(await isMigrated(client))) return { sound: false, counts: null, checks: structure };
  const content = await makeAll(
    client,
    [...sessionChecks, credentialsCheck(cipher), ...messageChecks, ...streamChecks],
    limit,
  );
  const checks = [...structure, ...content];
  const { rows } = await client.query<Counts>(counts.text);
  return { sound: checks.every(isPassed), counts: rows[0] ?? null, checks };
}

function isPassed({ severity, total, error }: CheckResult): boolean {
  return error === null && (severity === 'notice' || total === 0);
}

async function makeAll(
  client: pg.ClientBase,
  checks: readonly Check[],
  limit: number,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) results.push(await make(client, check, limit));
  return results;
}

/** Damaged pages and missing columns are errors of PostgreSQL: they are told of, and the other checks go on. */
async function make(client: pg.ClientBase, check: Check, limit: number): Promise<CheckResult> {
  const { name, what, severity } = check;
  await client.query('SAVEPOINT before_check');
  try {
    return { name, what, severity, ...(await check.find(client, limit)), error: null };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT before_check');
    return { name, what, severity, total: 0, findings: [], error: error.code ?? 'unknown' };
  }
}
