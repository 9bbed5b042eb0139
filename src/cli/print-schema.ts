import type { Command } from 'commander';
import { schemaText } from '../schema/schema.js';

export function addPrintSchemaCommand(program: Command): void {
  program
    .command('print-schema')
    .description("Print the schema in GraphQL's language.")
    .action(() => {
      process.stdout.write(schemaText());
    });
}
