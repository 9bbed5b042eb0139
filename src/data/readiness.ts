import type { Database } from './database.js';
import { compareHistory } from './migration-history.js';
import { readMigrations } from './migrations.js';
import { statement } from './statement.js';

/** Whether requests can be answered. */
export type Readiness =
  | {
      readonly isReady: true;
      /** In one sentence, what can't be done all the same. */
      readonly limits?: string;
    }
  | {
      readonly isReady: false;
      /** In a few words, for machines. */
      readonly status: 'no database' | 'read-only database' | 'old schema';
      /** In one sentence that anybody may read. */
      readonly reason: string;
    };

const ready: Readiness = { isReady: true };
const readyForReads: Readiness = {
  isReady: true,
  limits: 'Writes are not acknowledged: they wait, as for a synchronous standby that does not answer.',
};
const noDatabase: Readiness = {
  isReady: false,
  status: 'no database',
  reason: 'The database does not answer.',
};
const readOnly: Readiness = {
  isReady: false,
  status: 'read-only database',
  reason: 'The database takes no writes: it is a standby, or was made read-only.',
};
const oldSchema: Readiness = {
  isReady: false,
  status: 'old schema',
  reason: 'The database lacks migrations of this version: run chatledger migrate.',
};

/** Looks whether requests can be answered, as often as that is of use. */
export interface ReadinessCheck {
  /** All who ask within a second share one look. Never rejects. */
  check(): Promise<Readiness>;
  /** Lets the next one who asks look again. */
  forget(): void;
  close(): void;
}

export interface ReadinessOptions {
  /** Told what has changed: first what keeps requests from being answered, and at the end that nothing does. */
  readonly onChange: (readiness: Readiness) => void;
  /** Told once of migrations that the database has and this version does not know. */
  readonly onLaterSchema?: (migrations: readonly string[]) => void;
  /** Milliseconds for which a look is good. Default 1,000. */
  readonly goodFor?: number;
  /** Milliseconds from one look to the next as long as the schema is old. Default 5,000. */
  readonly pause?: number;
}

const takesNoWrites = statement(
  'takes_no_writes',
  `SELECT current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery() AS "isReadOnly"`,
);

export function createReadinessCheck(database: Database, options: ReadinessOptions): ReadinessCheck {
  const { onChange, goodFor = 1_000, pause = 5_000 } = options;
  let latest: Promise<Readiness> | undefined;
  let goodUntil = 0;
  let told = ready;
  // For good: migrations are never taken back.
  let isMigrated = false;
  let nextLook: NodeJS.Timeout | undefined;

  async function look(): Promise<Readiness> {
    try {
      const [row] = await database.query<{ isReadOnly: boolean }>(takesNoWrites, []);
      if (row?.isReadOnly === true) {
        // After a failover the address may lead elsewhere, where connections that are there do not.
        database.dropIdle();
        return readOnly;
      }
      if (!isMigrated) {
        const found = await compareHistory((each) => database.query(each, []), await readMigrations());
        if (!found.isUpToDate) return oldSchema;
        isMigrated = true;
        if (found.later.length > 0) options.onLaterSchema?.(found.later);
      }
      return database.acknowledgesWrites ? ready : readyForReads;
    } catch {
      return noDatabase;
    }
  }

  async function lookAndTell(): Promise<Readiness> {
    const found = await look();
    goodUntil = performance.now() + goodFor;
    if (found !== told) onChange(found);
    told = found;
    clearTimeout(nextLook);
    if (found === oldSchema) nextLook = setTimeout(() => void check(), pause).unref();
    return found;
  }

  function check(): Promise<Readiness> {
    if (latest === undefined || performance.now() >= goodUntil) {
      // Until it is done.
      goodUntil = Infinity;
      latest = lookAndTell();
    }
    return latest;
  }

  return {
    check,
    forget() {
      latest = undefined;
    },
    close() {
      clearTimeout(nextLook);
    },
  };
}
