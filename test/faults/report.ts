import { appendFile } from 'node:fs/promises';

/** What a fault was survived with. */
export interface Survived {
  /** A few words. */
  readonly fault: string;
  /** How often it was brought about. */
  readonly times: number;
  /** Requests that were answered meanwhile. */
  readonly requests: number;
  /** Answers with errors, by code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Milliseconds that an answer took at most. */
  readonly slowest: number;
  /** Writes that were acknowledged, and found in the ledger at the end. */
  readonly acknowledged: number;
}

/** What a process held before and after long use. */
export interface Soak {
  readonly soak: {
    readonly seconds: number;
    readonly requests: number;
    /** Before, and after. */
    readonly holds: readonly Held[];
  };
}

/** What others noticed of an attack. */
export interface Attack {
  readonly attack: {
    /** Full name of the test. */
    readonly test: string;
    /** Megabytes by which the memory of the server grew. */
    readonly grown: number;
    /** Milliseconds that somebody waited for /health at most. */
    readonly health: number;
    /** Milliseconds that another user waited for an answer at most. */
    readonly query: number;
  };
}

export interface Held {
  /** Bytes in use in its heap, once all garbage is collected. */
  readonly heap: number;
  /** Bytes of memory that it has from the system. */
  readonly rss: number;
  /** Its connections to the database. */
  readonly connections: number;
  /** Its open files and sockets, without those connections, and without the clients that are there. */
  readonly descriptors: number;
  /** What else may keep it up, timers above all. */
  readonly handles: number;
}

/**
 * Notes what was survived, once all of it has been checked, as a line of JSON in the file that FAULTS_REPORT names.
 * `scripts/report-faults.js` makes the tables of docs/reliability.md of it.
 */
export async function report(survived: Survived | Soak | Attack): Promise<void> {
  const { FAULTS_REPORT: file } = process.env;
  if (file) await appendFile(file, `${JSON.stringify(survived)}\n`);
}

/** How often a fault comes: a few times, unless FAULTS_ROUNDS says how many times as often. */
export function rounds(usual: number): number {
  return usual * Number(process.env['FAULTS_ROUNDS'] ?? 1);
}
