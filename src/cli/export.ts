import type { Command } from 'commander';
import { defaultUrl } from './default-url.js';
import type { ExportOptions } from './transfer/export-sessions.js';

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description(
      "Write conversations as import reads them: one a line, in OpenAI's chat format, with the id of the session. " +
        'The token is read from CHATLEDGER_TOKEN.',
    )
    .option('--user <id>', 'all sessions of this user, in the order in which they were created')
    .option('--session <id>', 'one session')
    .option('--out <file>', 'where to write (default: standard output)')
    .option('--url <address>', 'the GraphQL address of the server', defaultUrl())
    .action(async (options: ExportOptions & { url: string }) => {
      const [{ withApi }, { exportSessions }] = await Promise.all([
        import('./transfer/api-client.js'),
        import('./transfer/export-sessions.js'),
      ]);
      await withApi(options, (ledger) => exportSessions(ledger, options));
    });
}
