import type { Command } from 'commander';

export function addPrintSchemaCommand(program: Command): void {
  program
    .command('print-schema')
    .description("Print the schema in GraphQL's language.")
    .action(async () => {
      // Not above: making the schema costs memory, which the commands that do not need it keep.
      const { schemaText } = await import('../schema/schema.js');
      process.stdout.write(schemaText());
    });
}
