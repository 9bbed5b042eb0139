import { stat } from 'node:fs/promises';
import type { ChatledgerClient } from 'chatledger/client';
import cliProgress from 'cli-progress';
import { CommandError } from '../failure.js';
import { readConversations } from './conversation-file.js';
import { storeConversation } from './store-conversation.js';

/** Conversations that are stored at the same time. */
const width = 4;

/**
 * Stores the conversations of a file. What goes wrong with one of them is told at the end.
 *
 * @throws CommandError
 */
export async function importFile(
  ledger: ChatledgerClient,
  file: string,
  { user }: { user: string },
): Promise<void> {
  const size = await stat(file).catch(() => undefined);
  if (!size?.isFile()) throw new CommandError(`There is no file ${file}.`);
  const totals = { sessions: 0, added: 0, present: 0 };
  const problems: string[] = [];
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {percentage}% | {sessions} conversations | {eta_formatted} left',
      stream: process.stderr,
      hideCursor: true,
    },
    cliProgress.Presets.shades_classic,
  );
  if (process.stderr.isTTY) bar.start(size.size, 0, { sessions: 0 });

  const conversations = readConversations(file, user);
  const work = async (): Promise<void> => {
    for (let next = await conversations.next(); !next.done; next = await conversations.next()) {
      const conversation = next.value;
      if ('problem' in conversation) {
        problems.push(`line ${conversation.line}: ${conversation.problem}`);
      } else {
        const { added, present, problem } = await storeConversation(ledger, user, conversation);
        totals.sessions += 1;
        totals.added += added;
        totals.present += present;
        if (problem !== undefined) problems.push(`line ${conversation.line}: ${problem}`);
      }
      bar.increment(conversation.bytes, { sessions: totals.sessions });
    }
  };
  try {
    await Promise.all(Array.from({ length: width }, work));
  } finally {
    bar.stop();
  }
  process.stderr.write(
    `${totals.sessions} conversations: ${totals.added} messages added, ${totals.present} were there already.\n`,
  );
  if (problems.length > 0) throw new CommandError(`Not everything could be stored:\n${problems.join('\n')}`);
}
