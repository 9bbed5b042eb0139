// Writes the next migration: the difference between the model after the newest migration (each keeps a copy of
// its model as `schema.prisma`) and the model as it stands. The engine wants
// some database to talk to (DATABASE_URL), but neither reads nor changes it.
//   npm run migration:new -- add_message_status
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import pg from 'pg';
import { openSchemaEngine } from '../dist/data/schema-engine.js';

const name = process.argv[2];
if (!/^[a-z][a-z0-9_]*$/.test(name ?? '')) {
  console.error('Name the migration in small letters: npm run migration:new -- add_message_status');
  process.exit(2);
}

const migrations = new URL('../prisma/migrations/', import.meta.url);
const model = await readFile(new URL('../prisma/schema.prisma', import.meta.url), 'utf8');
const entries = await readdir(migrations, { withFileTypes: true });
const newest = entries
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort()
  .at(-1);
const asTarget = (content) => ({ tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] });
const from = newest
  ? asTarget(await readFile(new URL(`${newest}/schema.prisma`, migrations), 'utf8'))
  : { tag: 'empty' };

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
const engine = await openSchemaEngine(model, pool);
const { stdout: sql, exitCode } = await engine.diff({
  from,
  to: asTarget(model),
  script: true,
  exitCode: true,
  filters: { externalTables: [], externalEnums: [] },
});
await pool.end();
if (exitCode === 0 || !sql) {
  console.log('The model has not changed since the newest migration: nothing written.');
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = new URL(`${stamp}_${name}/`, migrations);
  await mkdir(folder);
  await writeFile(new URL('migration.sql', folder), sql);
  await writeFile(new URL('schema.prisma', folder), model);
  console.log(`Wrote prisma/migrations/${stamp}_${name}/migration.sql. Read it before you commit it.`);
}
