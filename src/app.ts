import type { DestinationStream, Logger } from 'pino';
import { createAuthenticate } from './auth/authenticate.js';
import type { Config } from './config.js';
import type { OnStatement } from './data/connection.js';
import { createCredentialsCipher } from './data/credentials/cipher.js';
import { openDatabase } from './data/database.js';
import { openChangeNotifier } from './data/change-notifier.js';
import { createReadinessCheck, type Readiness } from './data/readiness.js';
import { prepareSource, type Source } from './data/source.js';
import { createGraphiQL } from './http/graphiql/graphiql.js';
import { createLog } from './http/log.js';
import { createHttpServer } from './http/server.js';
import { createGraphQL } from './http/graphql.js';
import { readTrustedDocuments } from './http/trusted-documents.js';
import { createFeed } from './ledger/feed/feed.js';
import { createSweeper } from './ledger/sweeper.js';

export interface App {
  /** Begins to listen. @param port default: the configured one. @returns the port */
  listen(port?: number): Promise<number>;
  /** Whether requests can be answered: `/ready` says so too. */
  checkReadiness(): Promise<Readiness>;
  /** Stops: requests under way finish, then the database is let go. Idempotent. */
  close(): Promise<void>;
  readonly log: Logger;
}

/** What differs from process to process, and what tests put in the place of the real thing. */
export interface AppOverrides {
  /** Where the log goes. Default: standard output. */
  readonly logDestination?: DestinationStream;
  /** What each line of the log holds besides. Default: nothing. */
  readonly logFields?: Readonly<Record<string, unknown>>;
  /** Told each statement that is sent to the database, with its values. */
  readonly onStatement?: OnStatement;
  /** Told in plain sentences what the start is doing. Default: nobody. */
  readonly say?: (line: string) => void;
  /** Where the data is, which somebody else has prepared. Default: what the configuration names, prepared now. */
  readonly source?: Source;
  /** Gives up a start that is under way when aborted. Default: never. */
  readonly signal?: AbortSignal;
}

/**
 * Puts the server together: all wiring is here. When it returns, the database is up and migrated.
 *
 * @throws EmbeddedDatabaseError or DatabaseUnavailableError when the data can't be reached
 */
export async function createApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const { say = () => undefined } = overrides;
  const log = createLog(config.logLevel, {
    destination: overrides.logDestination,
    fields: overrides.logFields,
  });
  const trusted =
    config.trustedDocuments === undefined ? undefined : await readTrustedDocuments(config.trustedDocuments);
  const source = overrides.source ?? (await prepareSource(config, say, overrides.signal));
  try {
    const database = openDatabase({
      url: source.url,
      poolSize: config.database.poolSize,
      preparedStatements: config.database.preparedStatements,
      statementTimeout: config.database.timeout,
      connectTimeout: config.database.timeout / 2,
      onConnectionError: (error) => {
        log.warn({ err: error }, 'A database connection broke.');
      },
      onDown: (error) => {
        readiness.forget();
        log.error({ err: error }, 'The database does not answer; refusing requests until it does.');
      },
      onBack: () => {
        readiness.forget();
        log.info('The database answers again.');
      },
      onWritesStuck: () => {
        readiness.forget();
        log.error('The database answers but does not acknowledge writes; refusing writes until it does.');
      },
      onWritesBack: () => {
        readiness.forget();
        log.info('The database acknowledges writes again.');
      },
      onUnprepared: () => {
        log.warn(
          'A pooler does not keep prepared statements; stopped preparing them. Set ' +
            'DATABASE_PREPARED_STATEMENTS=off, or configure the pooler to keep them.',
        );
      },
      ...(overrides.onStatement ? { onStatement: overrides.onStatement } : {}),
    });
    const readiness = createReadinessCheck(database, {
      onChange: (found) => {
        if (found.isReady) log.info(found.limits ?? 'Ready.');
        else log.warn({ status: found.status }, `Not ready: ${found.reason}`);
      },
      onLaterSchema: (migrations) => {
        log.warn(
          { migrations },
          'The database was migrated by a later version; a version works with the schema of the next one.',
        );
      },
    });
    await readiness.check();
    const cipher = createCredentialsCipher(source.credentialsKeys);
    const authenticate = createAuthenticate(config.authentication);
    const notifier = openChangeNotifier({
      url: source.url,
      directUrl: config.database.directUrl,
      notify: config.live.notify,
      onLost: (reason) => {
        log.warn(
          { err: reason },
          'Not listening for changes of other processes; watchers get them later, by polling.',
        );
      },
      onBack: () => {
        log.info('Listening for changes of other processes again.');
      },
      onListenerError: (error) => {
        log.error({ err: error }, 'A change could not be announced to other processes.');
      },
    });
    const feed = createFeed({
      database,
      notifier,
      pollInterval: config.live.pollInterval,
      onFault: (error) => {
        log.warn({ err: error }, 'Polling for changes failed; will retry.');
      },
    });
    const server = createHttpServer({
      graphql: createGraphQL(config, { database, cipher, notifier, feed, log, trusted }),
      authenticate,
      readiness,
      notifier,
      graphiql: config.graphiql ? createGraphiQL(config.authentication !== null) : undefined,
      cors: config.cors,
      maxQueued: config.maxQueued,
      unreadLimit: config.unreadLimit,
      arrivalTimeout: config.arrivalTimeout,
      sockets: {
        messageLimit: config.bodyLimit,
        socketLimit: config.socketLimit,
        operationLimit: config.socketOperationLimit,
      },
      log,
    });
    const sweeper = createSweeper(database, notifier, {
      streamTimeout: config.streamTimeout,
      onAbandoned: (messages) => {
        log.warn(
          { messages },
          'Writers of messages in progress sent nothing for too long; marked the messages as failed.',
        );
      },
      onError: (error) => {
        log.warn({ err: error }, 'Cleanup failed; will retry.');
      },
    });
    let closing: Promise<void> | undefined;
    const close = async () => {
      const closed = server.close(config.stopTimeout / 2);
      feed.close();
      readiness.close();
      await closed;
      await sweeper.close();
      await notifier.close();
      await database.close();
      await source.close();
    };
    return {
      log,
      listen: (port = config.port) => server.listen(config.host, port),
      checkReadiness: () => readiness.check(),
      close: () => (closing ??= close()),
    };
  } catch (error) {
    await source.close();
    throw error;
  }
}
