import { applyMigrations } from '../../src/data/apply-migrations.js';
import { migrate as migrateInThread } from '../../src/data/migrate.js';

/** Migrates a database in the process of the test: a thread of Node can't load the sources. */
export function migrate(databaseUrl: string): Promise<string[]> {
  return migrateInThread(databaseUrl, undefined, applyMigrations);
}
