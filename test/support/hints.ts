import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import pg from 'pg';
import {
  openChangeNotifier,
  type ChangeNotifier,
  type ChangeNotifierOptions,
} from '../../src/data/change-notifier.js';
import { startDatabaseProxy, type DatabaseProxy, type ProxyMode } from './database-proxy.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';
import { until } from './until.js';

const channel = 'chatledger_sessions';

/** Hints, and what was heard from them. */
export interface Side {
  readonly hints: ChangeNotifier;
  readonly heard: (string | null)[];
  readonly lost: unknown[];
  readonly back: true[];
  readonly listenerErrors: unknown[];
}

/**
 * Opens hints on a database of the test file, proxies and connections to it, and closes them after each test, the
 * latest first. What is given to `afterwards` is done in its place among them.
 */
export function setsHintsStage() {
  let database: TestDatabase;
  const leaving: (() => Promise<unknown>)[] = [];
  const afterwards = (leave: () => Promise<unknown>) => {
    leaving.push(leave);
  };
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const leave of leaving.splice(0).reverse()) await leave();
  });
  afterAll(() => database.drop());

  function open(options: Partial<ChangeNotifierOptions> = {}): Side {
    const heard: (string | null)[] = [];
    const lost: unknown[] = [];
    const back: true[] = [];
    const listenerErrors: unknown[] = [];
    const hints = openChangeNotifier({
      url: database.url,
      notify: true,
      onLost: (reason) => lost.push(reason),
      onBack: () => back.push(true),
      onListenerError: (error) => listenerErrors.push(error),
      ...options,
    });
    hints.subscribe((sessionId) => heard.push(sessionId));
    afterwards(() => hints.close());
    return { hints, heard, lost, back, listenerErrors };
  }

  return {
    database: () => database,
    open,
    /** Hints that listen, and have said so. */
    openListening: async (options?: Partial<ChangeNotifierOptions>): Promise<Side> => {
      const side = open(options);
      await until(() => side.heard.length === 1);
      const { isListening } = side.hints;
      expect({ heard: side.heard.splice(0), isListening }).toEqual({ heard: [null], isListening: true });
      return side;
    },
    openProxy: async (mode?: ProxyMode): Promise<DatabaseProxy> => {
      const proxy = await startDatabaseProxy(database.url, mode);
      afterwards(() => proxy.close());
      return proxy;
    },
    /** Somebody else on the channel, and the payloads that it sees: those of pings are kept apart. */
    openStranger: async () => {
      const client = new pg.Client({ connectionString: database.url });
      const payloads: string[] = [];
      const pings: string[] = [];
      client.on('notification', ({ payload = '' }) => {
        (payload.includes('?') ? pings : payloads).push(payload);
      });
      await client.connect();
      afterwards(() => client.end());
      await client.query(`LISTEN ${channel}`);
      const send = (payload: string) => client.query('SELECT pg_notify($1, $2)', [channel, payload]);
      return { payloads, pings, send };
    },
    /** The processes of PostgreSQL that serve hints. */
    connections: async (): Promise<number[]> => {
      const { rows } = await database.sql.query<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'chatledger hints' AND datname = current_database()`,
      );
      return rows.map(({ pid }) => pid);
    },
    afterwards,
  };
}

/** Waits until `listener` has heard all that `speaker` has sent: notifications come in the order of their commits. */
export async function heardAll(speaker: Side, listener: Side): Promise<void> {
  const last = randomUUID();
  speaker.hints.notify(last);
  await until(() => listener.heard.includes(last) && speaker.heard.includes(last));
  for (const { heard } of new Set([speaker, listener])) heard.splice(heard.indexOf(last), 1);
}

export function uuids(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}
