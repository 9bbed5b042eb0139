import type { ChatledgerClient } from '@chatledger/client';
import type { BadEntry, Conversation } from './conversation-file.js';
import { problemIn } from './import-failure.js';
import type { ImportReport } from './import-report.js';
import { openSession, type OpenSession } from './open-session.js';
import { storeMessages } from './store-messages.js';

/** Conversations whose messages are stored at the same time. */
const width = 4;

/** Why not everything was tried. */
export interface Stop {
  readonly error: Error;
  /** The place of the last conversation that was tried. */
  readonly after: string;
}

/**
 * Stores conversations. What is wrong with one of them does not keep the others from being stored; what would meet all
 * of them alike, such as a server that is away, stops it.
 *
 * @param onDone is called with the size of each conversation that is done with
 * @returns undefined when all were tried
 */
export async function storeConversations(
  ledger: ChatledgerClient,
  user: string,
  entries: AsyncIterable<Conversation | BadEntry>,
  report: ImportReport,
  onDone: (size: number) => void,
): Promise<Stop | undefined> {
  const running = new Set<Promise<void>>();
  const failures: Error[] = [];
  let order = 0;
  let after = '';

  async function attempt(place: string, at: number, run: () => Promise<string | undefined>): Promise<void> {
    try {
      const problem = await run();
      if (problem !== undefined) report.problem(at, place, problem);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      failures.push(error);
      report.problem(at, place, 'not or not completely stored');
    }
  }

  try {
    for await (const entry of entries) {
      if (failures.length > 0) break;
      const { place, size } = entry;
      const at = (order += 1);
      after = place;
      if ('problem' in entry) {
        report.problem(at, place, entry.problem);
        onDone(size);
        continue;
      }
      report.unkept(place, entry.unkept);
      await attempt(place, at, async () => {
        const opened = await open(ledger, user, entry);
        if ('problem' in opened) return opened.problem;
        if (opened.notice !== undefined) report.notice(at, place, opened.notice);
        const task = attempt(place, at, () => store(ledger, opened, entry, report)).finally(() => {
          running.delete(task);
          onDone(size);
        });
        running.add(task);
        return undefined;
      });
      if (running.size >= width) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
  const [error] = failures;
  return error && { error, after };
}

async function open(
  ledger: ChatledgerClient,
  user: string,
  conversation: Conversation,
): Promise<OpenSession | { readonly problem: string }> {
  try {
    return await openSession(ledger, user, conversation);
  } catch (error) {
    const problem = problemIn(error, []);
    if (problem === undefined) throw error;
    return { problem };
  }
}

/** @returns why not all of it is stored */
async function store(
  ledger: ChatledgerClient,
  opened: OpenSession,
  { messages }: Conversation,
  report: ImportReport,
): Promise<string | undefined> {
  const progress = { added: 0, present: 0 };
  try {
    const problem = await storeMessages(ledger, opened, messages, progress);
    if (problem === undefined) {
      report.conversations += 1;
      return undefined;
    }
    const stored = progress.added + progress.present;
    if (stored > 0) return `${problem} (${stored} of ${messages.length} messages are stored)`;
    // No message of it can be stored, so the session is not left behind without any.
    if (opened.created) await ledger.sessions.delete(opened.session.id);
    return problem;
  } finally {
    report.messages(progress);
  }
}
