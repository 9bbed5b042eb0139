import { createChangedSessions } from './hints/changed-sessions.js';
import { openRelay } from './hints/relay.js';

/**
 * Tells who follows a session that it has changed, in this process and in all others on the same database. A hint
 * says that there is something to read and never what: one that is lost delays, and loses nothing.
 */
export interface ChangeNotifier {
  /** Says that a session has changed. Call it after the commit. Never throws and never waits. */
  notify(sessionId: string): void;
  /**
   * Calls `listener` for each session that has changed, whichever process changed it; with null when any session
   * may have, because hints were lost or were too many to name. Never during `notify`, but soon after; one call
   * may stand for several changes.
   *
   * @returns the end of it
   */
  subscribe(listener: (sessionId: string | null) => void): () => void;
  /** Whether changes of other processes are heard of. */
  readonly isListening: boolean;
  /** Sends what is left to be sent, for a second at most, and lets the connection go. Idempotent; never rejects. */
  close(): Promise<void>;
}

export interface ChangeNotifierOptions {
  /** The database that the process writes to. */
  readonly url: string;
  /**
   * The same database without a transaction pooler in between, which would lose what is listened for. Default `url`.
   */
  readonly directUrl?: string | undefined;
  /** Whether other processes are told and heard. Without it there is no connection. */
  readonly notify: boolean;
  /** Told why changes of other processes are not heard of: once for each reason, until they are heard of again. */
  readonly onLost: (reason: unknown) => void;
  /** Told when they are heard of again. */
  readonly onBack: () => void;
  /** Told what a listener threw. The others are called all the same. */
  readonly onListenerError: (error: unknown) => void;
  /** Milliseconds after which a connection has to prove again that it hears. Default 10,000. */
  readonly pingInterval?: number;
  /** Milliseconds in which the database must answer, else the connection counts as lost. Default 5,000. */
  readonly answerTimeout?: number;
}

/** Opens a notifier. Its connection comes by itself, now or when the database can be reached. */
export function openChangeNotifier(options: ChangeNotifierOptions): ChangeNotifier {
  const {
    url,
    directUrl = url,
    notify,
    onLost,
    onBack,
    pingInterval = 10_000,
    answerTimeout = 5_000,
  } = options;
  const listeners = new Set<(sessionId: string | null) => void>();
  const changed = createChangedSessions();
  let isClosed = false;

  function tell(sessionId: string | null) {
    if (changed.isEmpty) setImmediate(callListeners);
    changed.add(sessionId);
  }
  function callListeners() {
    for (const sessionId of changed.take()) {
      for (const listener of listeners) {
        try {
          listener(sessionId);
        } catch (error) {
          options.onListenerError(error);
        }
      }
    }
  }

  const relay = notify
    ? openRelay({
        url: directUrl,
        writeUrl: url,
        pingInterval,
        answerTimeout,
        onChange: tell,
        onLost,
        onBack,
      })
    : undefined;
  return {
    notify(sessionId) {
      if (isClosed) return;
      tell(sessionId);
      relay?.send(sessionId);
    },
    subscribe(listener) {
      const own = (sessionId: string | null) => {
        listener(sessionId);
      };
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
    get isListening() {
      return relay?.isListening ?? false;
    },
    async close() {
      isClosed = true;
      await relay?.close();
    },
  };
}
