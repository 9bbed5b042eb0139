import type { Command } from 'commander';
import { defaultUrl } from './default-url.js';

export function addImportCommand(program: Command): void {
  program
    .command('import')
    .description(
      'Store the conversations of a file through the API of a running server. A second run adds nothing. ' +
        'The token is read from CHATLEDGER_TOKEN.',
    )
    .argument(
      '<file>',
      'one conversation a line, or one JSON array of them: {"messages": [...]} in OpenAI\'s chat format',
    )
    .requiredOption('--user <id>', 'the owner of the sessions')
    .option('--url <address>', 'the GraphQL address of the server', defaultUrl())
    .action(async (file: string, options: { user: string; url: string }) => {
      const [{ withApi }, { importFile }] = await Promise.all([
        import('./transfer/api-client.js'),
        import('./transfer/import-file.js'),
      ]);
      await withApi(options, (ledger) => importFile(ledger, file, options));
    });
}
