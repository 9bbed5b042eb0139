import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { createChangedSessions } from './changed-sessions.js';
import {
  openListenConnection,
  type ListenConnection,
  type ListenConnectionOptions,
} from './listen-connection.js';
import { encodeSessions, newSender, sessionsPerPayload } from './payload.js';

export interface RelayOptions extends Pick<
  ListenConnectionOptions,
  'url' | 'writeUrl' | 'pingInterval' | 'answerTimeout'
> {
  /** Told each session that another process says has changed; null when it may be any. */
  readonly onChange: (sessionId: string | null) => void;
  /** Told why other processes are not heard: once for each reason until they are heard again. */
  readonly onLost: (reason: unknown) => void;
  /** Told that they are heard again. */
  readonly onBack: () => void;
}

/** Hints to and from other processes, over a connection that is opened again whenever it is lost. */
export interface Relay {
  readonly isListening: boolean;
  /** Sends soon; when there is no connection, as soon as there is one. Never throws. */
  send(sessionId: string): void;
  /** Sends what waits, as far as that takes no longer than a second. Idempotent; never rejects. */
  close(): Promise<void>;
}

/** Milliseconds between two notifications: each commit of one takes a lock that all notifying processes share. */
const sendInterval = 50;

/** Sessions that wait to be sent at most, before they become "all". */
const waitingLimit = 1_000;

const closeTimeout = 1_000;

export function openRelay(options: RelayOptions): Relay {
  const sender = newSender();
  const waiting = createChangedSessions(waitingLimit);
  const closing = new AbortController();
  let connection: ListenConnection | undefined;
  let isListening = false;
  let sending: Promise<void> | undefined;
  let closed: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let failures = 0;
  let reasonsTold = new Set<string>();

  function connect() {
    try {
      connection = openListenConnection({ ...options, sender, onChange, onListening, onLost });
    } catch (error) {
      onLost(error);
    }
  }
  function onChange(sessionIds: readonly (string | null)[]) {
    sessionIds.forEach(options.onChange);
  }
  function onListening() {
    isListening = true;
    failures = 0;
    if (reasonsTold.size > 0) options.onBack();
    reasonsTold = new Set();
    // Whatever others said until now was not heard.
    options.onChange(null);
    startSending();
  }
  function onLost(reason: unknown) {
    isListening = false;
    if (closing.signal.aborted) return;
    retry = setTimeout(connect, retryDelay(failures++));
    const name = String(reason);
    if (reasonsTold.has(name)) return;
    reasonsTold.add(name);
    options.onLost(reason);
  }
  function startSending() {
    sending ??= sendWaiting();
  }
  async function sendWaiting() {
    // Until then this turn of the event loop may bring more.
    await nextTurn();
    while (connection && isListening && !waiting.isEmpty) {
      const sessionIds = waiting.take(sessionsPerPayload);
      try {
        await connection.send(encodeSessions(sender, sessionIds));
      } catch {
        // The connection tells why, and the next one sends them.
        for (const sessionId of sessionIds) waiting.add(sessionId);
        break;
      }
      await sleep(sendInterval, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    sending = undefined;
  }
  async function close() {
    closing.abort();
    clearTimeout(retry);
    const limit = setTimeout(() => connection?.drop(), closeTimeout);
    if (isListening) {
      await sending;
      await connection?.leave();
    }
    connection?.drop();
    clearTimeout(limit);
  }

  connect();
  return {
    get isListening() {
      return isListening;
    },
    send(sessionId) {
      if (closing.signal.aborted) return;
      waiting.add(sessionId);
      if (isListening) startSending();
    },
    close: () => (closed ??= close()),
  };
}

/** From 100 milliseconds to 5 seconds, and at random up to half of it less, so that not all processes come at once. */
function retryDelay(failures: number): number {
  return Math.min(100 * 2 ** failures, 5_000) * (1 - Math.random() / 2);
}
