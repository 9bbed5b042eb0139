import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

/** The folder `prisma`, beside `src` as beside `dist`. */
export const prismaDirectory = fileURLToPath(new URL('../../prisma', import.meta.url));

/** One folder of `prisma/migrations`. */
export interface Migration {
  /** Name of the folder: a time stamp and a few words. They are applied in the order of their names. */
  readonly name: string;
  /** Content of migration.sql. */
  readonly sql: string;
  /** What Prisma keeps in `_prisma_migrations.checksum`: SHA-256 of the SQL in hexadecimal. */
  readonly checksum: string;
}

/** The migrations that this version of the program comes with, oldest first. */
export async function readMigrations(): Promise<Migration[]> {
  const directory = path.join(prismaDirectory, 'migrations');
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(path.join(directory, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** Content of `prisma/schema.prisma`. */
export function readDatamodel(): Promise<string> {
  return readFile(path.join(prismaDirectory, 'schema.prisma'), 'utf8');
}
