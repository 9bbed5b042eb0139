import { Writable } from 'node:stream';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from '@jest/globals';
import {
  createChatledgerClient,
  type ChatledgerClient,
  type ChatledgerClientOptions,
} from '@chatledger/client';
import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { createClient, type Client } from './client.js';
import { testCredentialsKey } from './credentials.js';
import { isOfSweeper, type SentStatement } from './plans.js';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** A server in this process, on a database of its own, listening on a port of its own. */
export interface TestApp {
  readonly url: string;
  /** Without the path. */
  readonly origin: string;
  readonly database: TestDatabase;
  /** Lines of the log so far, parsed. */
  readonly log: readonly Record<string, unknown>[];
  /** A caller in development mode: that user, or without one a service. */
  as(userId?: string): Client;
  /** The SDK in the hands of that user, or of a service. */
  ledgerOf(userId?: string, options?: Partial<ChatledgerClientOptions>): ChatledgerClient;
  /** A caller with these headers. */
  withHeaders(headers: Record<string, string>): Client;
  /** What `run` gives, and the statements that were sent to the database meanwhile: their names in order. Sweeps do not count. */
  countingStatements<Result>(run: () => Promise<Result>): Promise<{ result: Result; statements: string[] }>;
  /** What `run` gives, and those statements as they were sent. */
  recordingStatements<Result>(
    run: () => Promise<Result>,
  ): Promise<{ result: Result; statements: SentStatement[] }>;
  /** Stops the server, and leaves its database. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param environment variables as the operator would set them
 * @param fastPath whether plain requests take it. All tests are to pass through Yoga too: TEST_LEAN=off
 */
export async function startTestApp(
  environment: Record<string, string> = {},
  fastPath = process.env['TEST_LEAN'] !== 'off',
): Promise<TestApp> {
  const database = await createTestDatabase();
  const log: Record<string, unknown>[] = [];
  const sent: SentStatement[] = [];
  const app = await createApp(
    readConfig({
      PORT: '0',
      DATABASE_URL: database.url,
      MIGRATE: 'off',
      CREDENTIALS_KEYS: testCredentialsKey,
      FAST_PATH: fastPath ? 'on' : 'off',
      ...environment,
    }),
    {
      onStatement: (text, values) => {
        if (!isOfSweeper(text)) sent.push({ text, values });
      },
      logDestination: new Writable({
        write(chunk, _encoding, done) {
          log.push(JSON.parse(String(chunk)) as Record<string, unknown>);
          done();
        },
      }),
    },
  );
  const origin = `http://127.0.0.1:${await app.listen()}`;
  const url = `${origin}/graphql`;
  const recordingStatements: TestApp['recordingStatements'] = async (run) => {
    sent.length = 0;
    const result = await run();
    return { result, statements: [...sent] };
  };
  return {
    url,
    origin,
    database,
    log,
    as: (userId) => createClient(url, headersOf(userId)),
    ledgerOf: (userId, options) => createChatledgerClient({ url, headers: headersOf(userId), ...options }),
    withHeaders: (headers) => createClient(url, headers),
    recordingStatements,
    async countingStatements(run) {
      const { result, statements } = await recordingStatements(run);
      return { result, statements: statements.map(({ text }) => nameOf(text)) };
    },
    stop: () => app.close(),
    async close() {
      await app.close();
      await database.drop();
    },
  };
}

/** One server for all tests of a file: started before the first of them, and closed after the last. */
export function useTestApp(...args: Parameters<typeof startTestApp>): TestApp {
  let app: TestApp | undefined;
  beforeAll(async () => {
    app = await startTestApp(...args);
  });
  afterAll(() => app?.close());
  return new Proxy({} as TestApp, {
    get(_, name) {
      if (!app) throw new Error('The server is not started before the tests begin.');
      return Reflect.get(app, name) as unknown;
    },
  });
}

/** Starts servers as above, which are closed when the tests around the call are done. */
export function startsTestApps(): typeof startTestApp {
  const apps: TestApp[] = [];
  afterAll(() => Promise.all(apps.map((app) => app.close())));
  return async (...args) => {
    const app = await startTestApp(...args);
    apps.push(app);
    return app;
  };
}

function headersOf(userId: string | undefined): Record<string, string> {
  return userId === undefined ? {} : { 'x-user-id': userId };
}

/** A user that no other test knows. */
export function newUser(): string {
  return `user-${randomUUID()}`;
}

/** The name that stands in front of our statements; the beginning of others. */
/** Statements of ours have their names in front, those of Prisma have model and operation behind. */
function nameOf(text: string): string {
  return (
    /^\/\* (\w+) \*\//.exec(text)?.[1] ?? /\/\*prisma='([\w.]+)'\*\/$/.exec(text)?.[1] ?? text.slice(0, 60)
  );
}
