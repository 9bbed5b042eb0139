import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import type pg from 'pg';
import { engineLock } from './engine-lock.js';

/** The part of Prisma's schema engine that we use: it applies migrations and tells the difference of two models. */
export type SchemaEngine = engine.SchemaEngine;

let loaded: Promise<void> | undefined;

/**
 * Prisma's schema engine as WebAssembly. The native one is a download from outside the npm registry; this one
 * is the same code inside a package, and writes the same `_prisma_migrations` rows.
 *
 * @param datamodel content of schema.prisma
 * @param pool where migrations are applied; must allow a single connection only, so that a script and the
 *   bookkeeping around it use the same one. It stays open for the caller to end.
 * @param amend what is sent to the database for a script, piece by piece. Default: the whole script.
 */
export async function openSchemaEngine(
  datamodel: string,
  pool: pg.Pool,
  amend: (script: string) => readonly string[] = (script) => [script],
): Promise<SchemaEngine> {
  await (loaded ??= loadWebAssembly());
  return engine.SchemaEngine.new(
    { datamodels: [['schema.prisma', datamodel]] },
    // The engine's log: what matters in it comes back as errors and results.
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(withWholeScripts(new PrismaPg(pool), amend)),
  );
}

/**
 * Prisma's adapter cuts a script at each semicolon, also inside of texts, and sends the pieces one by one, each of
 * them a transaction. In one piece PostgreSQL takes it for one transaction.
 */
function withWholeScripts(factory: PrismaPg, amend: (script: string) => readonly string[]): PrismaPg {
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    const executeRaw = adapter.executeRaw.bind(adapter);
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.executeRaw = (query) => executeRaw(withoutLock(query));
    adapter.queryRaw = (query) => queryRaw(withoutLock(query));
    adapter.executeScript = async (script) => {
      for (const sql of amend(script)) await adapter.executeRaw({ sql, args: [], argTypes: [] });
    };
    return adapter;
  };
  return factory;
}

/** The engine's lock would outlive it on a connection of a pooler. Who migrates holds it already. */
function withoutLock<Query extends { readonly sql: string }>(query: Query): Query {
  return query.sql === `SELECT pg_advisory_lock(${engineLock})` ? { ...query, sql: 'SELECT 1' } : query;
}

async function loadWebAssembly(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
  const bytes = await readFile(new URL('schema_engine_bg.wasm', `file://${entry}`));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': imports() });
  engine.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

/**
 * What the engine calls on our side. It sets a timer of ten seconds when it asks for its lock and never takes it
 * back; without this it would hold up the end of a process that has nothing else to do.
 */
function imports(): Record<string, unknown> {
  const entries = Object.entries(engine).map(([name, value]: [string, unknown]) => [
    name,
    name.startsWith('__wbg_setTimeout_')
      ? (callback: () => void, milliseconds: number) => setTimeout(callback, milliseconds).unref()
      : value,
  ]);
  return Object.fromEntries(entries) as Record<string, unknown>;
}
