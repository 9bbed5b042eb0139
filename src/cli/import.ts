import { stat } from 'node:fs/promises';
import cliProgress from 'cli-progress';
import type { Command } from 'commander';
import { apiClientFor, defaultUrl } from './api-client.js';
import { readConversations } from './conversation-file.js';
import { CommandError } from './failure.js';
import { storeConversation } from './store-conversation.js';

export function addImportCommand(program: Command): void {
  program
    .command('import')
    .description(
      'Store the conversations of a file through the API of a running server. A second run adds nothing. ' +
        'The token is read from CHATLEDGER_TOKEN.',
    )
    .argument('<file>', 'one conversation a line: {"messages": [...]} in OpenAI\'s chat format')
    .requiredOption('--user <id>', 'the owner of the sessions')
    .option('--url <address>', 'the GraphQL address of the server', defaultUrl())
    .action(importFile);
}

/** Conversations that are stored at the same time. */
const width = 4;

async function importFile(file: string, options: { user: string; url: string }): Promise<void> {
  const size = await stat(file).catch(() => undefined);
  if (!size?.isFile()) throw new CommandError(`There is no file ${file}.`);
  const ledger = apiClientFor(options);
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

  const conversations = readConversations(file, options.user);
  const work = async (): Promise<void> => {
    for (let next = await conversations.next(); !next.done; next = await conversations.next()) {
      const conversation = next.value;
      if ('problem' in conversation) {
        problems.push(`line ${conversation.line}: ${conversation.problem}`);
      } else {
        const { added, present, problem } = await storeConversation(ledger, options.user, conversation);
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
