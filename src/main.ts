#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { addApiKeyCommand } from './cli/api-key.js';
import { addExportCommand } from './cli/export.js';
import { addImportCommand } from './cli/import.js';
import { addMigrateCommand } from './cli/migrate.js';
import { addPrintSchemaCommand } from './cli/print-schema.js';
import { addRotateCredentialsCommand } from './cli/rotate-credentials.js';
import { addServeCommand } from './cli/serve.js';
import { addVerifyCommand } from './cli/verify.js';
import { reportFailure } from './cli/failure.js';
import { refuseUnknownCommand } from './cli/unknown-command.js';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

const program = new Command('chatledger')
  .description('A GraphQL server that keeps LLM and agent conversations on PostgreSQL.')
  .version(version)
  .exitOverride();

addServeCommand(program);
addMigrateCommand(program);
addImportCommand(program);
addExportCommand(program);
addVerifyCommand(program);
addApiKeyCommand(program);
addRotateCredentialsCommand(program);
addPrintSchemaCommand(program);

try {
  refuseUnknownCommand(program, process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode;
  else reportFailure(error);
}
