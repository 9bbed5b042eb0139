import { afterAll, afterEach, beforeAll, expect, jest } from '@jest/globals';
import pg from 'pg';
import { createCredentialsCipher } from '../../src/data/credentials/cipher.js';
import { freePort } from '../../packages/embedded-database/src/free-port.js';
import { verifyLedger, type CheckResult } from '../../src/data/verify/verify.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';
import { startPostgres, type Postgres } from './postgres.js';
import { report, rounds } from './report.js';
import { expectSoundLedger } from './sound-ledger.js';
import { Traffic, type TrafficOptions } from './traffic.js';

/** A server, as its users run it, on a database of its own. */
export interface Scene {
  /** The process that serves now. */
  readonly server: ServerProcess;
  readonly url: string;
  /** For whoever does harm, and for looking at what is stored. Other connections than those of the server. */
  readonly sql: pg.Pool;
  /** Statuses of /health and /ready. */
  probes(): Promise<{ health: number; ready: number }>;
  /** Lines of the server's log that begin so. */
  logged(beginning: string): number;
  /** Whether the server has given up on the database and has not heard from it since. */
  isDown(): boolean;
  /** A connection that is ended at the end at the latest. */
  connect(): Promise<pg.Client>;
  /** Holds the locks that a statement takes, until the returned function is called. */
  hold(text: string, values?: unknown[]): Promise<() => Promise<void>>;
  /** Statements of the server that wait for a lock. */
  waiting(): Promise<number>;
  /** Ends the server by a signal, and starts another one on its port. @throws when it ended otherwise */
  restart(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Sends requests, to this server unless told otherwise, until it is told to end. */
  traffic(options?: TrafficOptions & { url?: string }): Promise<Traffic>;
  /**
   * What must hold after every fault: the process lives and is the one from the beginning unless the test itself has
   * restarted it, the next requests are served, the ledger is sound. Ends the traffic, and notes what was survived.
   */
  survived(fault: string, times: number, traffic?: Traffic, besides?: Besides): Promise<void>;
}

/** Requests that a test has sent itself and judged one by one. */
export interface Besides {
  /** Answered with SERVICE_UNAVAILABLE. Default: none. */
  readonly refused?: number;
  /** Writes that were acknowledged, and found in the ledger. Default: none. */
  readonly acknowledged?: number;
  /** All of them. Default: these two together. */
  readonly requests?: number;
}

export interface Stage {
  readonly postgres: Postgres;
  /** @param environment of the server */
  open(environment?: Record<string, string>, database?: string): Promise<Scene>;
}

/** What the server logs when it gives up on the database, and when the database answers again. */
export const databaseDown = 'The database does not answer';
const databaseUp = 'The database answers again.';

/** A PostgreSQL server for the tests around the call, and servers that end after each of them. */
export function setsStage(settings: readonly string[] = []): Stage {
  jest.setTimeout(rounds(240_000));
  let postgres: Postgres | undefined;
  let opened: { scene: Scene; traffics: Traffic[]; connections: Pick<pg.Client, 'end'>[] }[] = [];
  const started = () => {
    if (!postgres) throw new Error('The stage is not set yet.');
    return postgres;
  };
  beforeAll(async () => {
    postgres = await startPostgres(settings);
  });
  afterEach(async () => {
    const ending = opened;
    opened = [];
    for (const { traffics } of ending) await Promise.all(traffics.map((traffic) => traffic.giveUp()));
    for (const { scene, connections } of ending) {
      scene.server.kill('SIGKILL');
      await scene.server.exited;
      await Promise.all(connections.map((connection) => connection.end()));
    }
  });
  afterAll(async () => {
    await postgres?.end();
  });
  return {
    get postgres() {
      return started();
    },
    async open(environment = {}, database) {
      const url = database ?? (await started().newDatabase());
      const port = `${await freePort()}`;
      const start = () => startServer({ PORT: port, DATABASE_URL: url, MIGRATE: 'off', ...environment });
      const server = await start();
      const sql = new pg.Pool({ connectionString: url, max: 4, application_name: 'test' });
      // The database goes away under it, too.
      sql.on('error', () => undefined);
      const connections: Pick<pg.Client, 'end'>[] = [sql];
      const traffics: Traffic[] = [];
      const connect = async () => {
        const client = new pg.Client({ connectionString: url, application_name: 'test' });
        client.on('error', () => undefined);
        connections.push(client);
        await client.connect();
        return client;
      };
      const scene = makeScene({ server, start, url, sql, connect, traffics });
      opened.push({ scene, traffics, connections });
      return scene;
    },
  };
}

function makeScene({
  start,
  url,
  sql,
  connect,
  traffics,
  ...begun
}: Pick<Scene, 'server' | 'url' | 'sql' | 'connect'> & {
  readonly start: () => Promise<ServerProcess>;
  /** Is told of what has to end with the scene. */
  readonly traffics: Traffic[];
}): Scene {
  let { server } = begun;
  const statusOf = async (path: string) => (await fetch(new URL(path, server.url))).status;
  const scene: Scene = {
    get server() {
      return server;
    },
    url,
    sql,
    probes: async () => ({ health: await statusOf('/health'), ready: await statusOf('/ready') }),
    logged: (beginning) => server.log.filter(({ msg }) => msg.startsWith(beginning)).length,
    isDown: () => scene.logged(databaseDown) > scene.logged(databaseUp),
    connect,
    async hold(text, values) {
      const holder = await connect();
      await holder.query('BEGIN');
      await holder.query(text, values);
      return () => holder.end();
    },
    async waiting() {
      const { rowCount } = await sql.query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'chatledger'
         AND datname = current_database()`,
      );
      return rowCount ?? 0;
    },
    async restart(signal) {
      server.kill(signal);
      expect(await server.exited).toEqual(
        signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal },
      );
      server = await start();
    },
    async traffic({ url: through = server.url, ...options } = {}) {
      const traffic = await Traffic.begin(through, options);
      traffics.push(traffic);
      return traffic;
    },
    async survived(fault, times, traffic, besides = {}) {
      const { refused = 0, acknowledged: written = 0, requests: sentBesides = refused + written } = besides;
      const last = traffic ?? (await scene.traffic());
      const { size } = last.acknowledged;
      const [requests, failed] = [last.requests, last.failed];
      await last.during(
        until(() => last.acknowledged.size >= size + 20 && last.requests - requests > last.failed - failed),
      );
      await last.end();
      expect(await Promise.race([server.exited, Promise.resolve('alive')])).toBe('alive');
      expect(await scene.probes()).toEqual({ health: 200, ready: 200 });
      await expectSoundLedger(sql);
      const { checks } = await verifyLedger(url, createCredentialsCipher([]), 5);
      const wrong = ({ severity, total, error }: CheckResult) =>
        error !== null || (severity === 'fault' && total > 0);
      expect(checks.filter(wrong)).toEqual([]);
      await last.expectStored(sql);
      await last.expectWatched();
      const { requests: sent, codes, slowest, acknowledged } = last;
      const unavailable = (codes['SERVICE_UNAVAILABLE'] ?? 0) + refused;
      await report({
        fault,
        times,
        requests: sent + sentBesides,
        codes: { ...codes, SERVICE_UNAVAILABLE: unavailable },
        slowest: Math.round(slowest),
        acknowledged: acknowledged.size + written,
      });
    },
  };
  return scene;
}
