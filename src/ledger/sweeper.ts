import { setTimeout } from 'node:timers/promises';
import type { Database } from '../data/database.js';
import { findAbandonedMessages } from '../data/queries/abandoned-messages.js';
import { forgetDeletions } from '../data/queries/tombstones.js';
import type { ChangeNotifier } from '../data/change-notifier.js';
import type { MessageKey } from '../data/rows.js';
import { finishMessage } from '../data/statements/finish-message.js';

export interface SweeperOptions {
  /** Milliseconds after which a writer that was not heard of is given up. */
  readonly streamTimeout: number;
  /** Told how many messages have failed in a sweep, when there were any. */
  readonly onAbandoned: (messages: number) => void;
  /** Told what kept a sweep from its end. The next one comes all the same. */
  readonly onError: (error: unknown) => void;
}

/** Milliseconds between two sweeps at most. */
const maxPause = 30_000;
/** Messages that are looked for at a time. */
const batch = 100;

const hour = 3_600_000;
/** Whoever comes back after a longer time reads all anew, and needs no note of what was deleted. Milliseconds. */
export const deletionsKept = 30 * 24 * hour;

/**
 * Fails messages IN_PROGRESS whose writers were not heard of for too long, keeping their text; and forgets, once an
 * hour, which sessions were deleted long ago. Any number of processes may do so on one database.
 */
export function createSweeper(
  database: Database,
  notifier: Pick<ChangeNotifier, 'notify'>,
  { streamTimeout, onAbandoned, onError }: SweeperOptions,
): { /** Ends a sweep that is under way after its next statement. */ close(): Promise<void> } {
  const stop = new AbortController();
  const { signal } = stop;
  const isClosed = () => signal.aborted;

  async function failAbandoned(): Promise<void> {
    let failed = 0;
    try {
      for (let more = true; more && !isClosed();) {
        const before = failed;
        // By the clock here; by that of the database the end makes sure.
        const found = await findAbandonedMessages(database, new Date(Date.now() - streamTimeout), batch);
        for (const key of found) {
          if (!isClosed() && (await fail(key))) failed++;
        }
        // A full batch may not be all; when nothing could be done about it, the next one would be the same.
        more = found.length === batch && failed > before;
      }
    } finally {
      if (failed > 0) onAbandoned(failed);
    }
  }

  async function fail(key: MessageKey): Promise<boolean> {
    const nothing = { content: null, toolCalls: null, refusal: null, promptTokens: 0, completionTokens: 0 };
    const end = { ...key, status: 'failed', ...nothing, finishHash: null } as const;
    const message = await finishMessage(database, null, { ...end, silence: streamTimeout }, ['id']);
    if (message) notifier.notify(key.sessionId);
    return message !== null;
  }

  async function run(): Promise<void> {
    let forgottenAt = -Infinity;
    // Writers may have been silent because nobody was here to hear them: they get the whole time again.
    let hearingSince = performance.now();
    for (;;) {
      // First of all, so that a start does not wait for the engine of Prisma.
      const pause = Math.min(streamTimeout / 4, maxPause);
      await setTimeout(pause, undefined, { signal, ref: false }).catch(() => undefined);
      if (isClosed()) return;
      if (performance.now() - hearingSince >= streamTimeout) {
        await failAbandoned().catch((error: unknown) => {
          hearingSince = performance.now();
          onError(error);
        });
      }
      if (performance.now() - forgottenAt >= hour && !isClosed()) {
        forgottenAt = performance.now();
        await forgetDeletions(database, new Date(Date.now() - deletionsKept)).catch(onError);
      }
    }
  }

  const running = run();
  return {
    async close() {
      stop.abort();
      await running;
    },
  };
}
