import { stat } from 'node:fs/promises';
import { ChatledgerError, type ChatledgerClient } from '@chatledger/client';
import cliProgress from 'cli-progress';
import { CommandError } from '../failure.js';
import { readConversations } from './conversation-file.js';
import { ImportReport } from './import-report.js';
import { storeConversations, type Stop } from './store-conversations.js';

/**
 * Stores the conversations of a file, and writes to standard error what is not stored and why.
 *
 * @throws CommandError when anything is not stored
 */
export async function importFile(
  ledger: ChatledgerClient,
  file: string,
  { user }: { user: string },
): Promise<void> {
  const size = await stat(file).catch(() => undefined);
  if (!size?.isFile()) throw new CommandError(`There is no file ${file}.`);
  const report = new ImportReport();
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {percentage}% | {sessions} conversations | {eta_formatted} left',
      stream: process.stderr,
      hideCursor: true,
    },
    cliProgress.Presets.shades_classic,
  );
  if (process.stderr.isTTY) bar.start(size.size, 0, { sessions: 0 });
  let stop: Stop | undefined;
  try {
    stop = await storeConversations(ledger, user, readConversations(file, user), report, (bytes) => {
      bar.increment(bytes, { sessions: report.conversations });
    });
  } finally {
    bar.stop();
  }
  const summary = report.toString();
  if (stop) {
    // What nobody foresaw comes with its stack.
    if (!(stop.error instanceof ChatledgerError)) throw stop.error;
    throw new CommandError(
      `${summary}\nStopped: ${stop.error.message} What comes after ${stop.after} was not tried. ` +
        'Import the file again to store the rest: nothing is stored twice.',
    );
  }
  if (report.failed.size > 0) throw new CommandError(summary);
  process.stderr.write(`${summary}\n`);
}
