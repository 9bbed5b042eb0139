import type { Command } from 'commander';
import { migrateSource, openSource } from '../data/source.js';
import { readEnvironment } from './environment.js';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description(
      'Bring the database to the model of this version. Any number of processes may do so at once.',
    )
    .action(async () => {
      const say = (line: string): void => {
        process.stderr.write(`${line}\n`);
      };
      const config = readEnvironment('command');
      const patience = { wait: config.database.wait, say };
      const source = await openSource(config, patience);
      try {
        const applied = await migrateSource(source, config, patience);
        say(
          applied.length === 0
            ? 'Nothing to do: the database is up to date.'
            : `Applied: ${applied.join(', ')}`,
        );
      } finally {
        await source.close();
      }
    });
}
