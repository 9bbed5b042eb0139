/** A PostgreSQL server that comes along with a program, and keeps its database in a folder. */
export {
  hasEmbeddedDatabase,
  openEmbeddedDatabase,
  type EmbeddedDatabase,
  type EmbeddedDatabaseOptions,
} from './embedded-database.js';
export { EmbeddedDatabaseError, type EmbeddedDatabaseTrouble } from './embedded-database-error.js';
export type { Secret } from './secret-file.js';
