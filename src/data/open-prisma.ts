import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { PrismaClient } from './generated/prisma/client.js';

export interface PrismaOptions {
  /** Milliseconds in which a transaction begins. */
  readonly connectTimeout: number;
  /** Milliseconds that it may take without its commit. */
  readonly transactionTimeout: number;
}

/** Prisma on a pool. Its engine, which takes 34 MB of memory, is loaded with the first statement. */
export function openPrisma(
  pool: pg.Pool,
  { connectTimeout, transactionTimeout }: PrismaOptions,
): PrismaClient {
  return new PrismaClient({
    adapter: new PrismaPg(pool),
    // As the name that hand-written statements have in front, for the database's own views and logs.
    comments: [({ query }) => ({ prisma: [query.modelName, query.action].filter(Boolean).join('.') })],
    transactionOptions: { maxWait: connectTimeout, timeout: transactionTimeout },
  });
}
