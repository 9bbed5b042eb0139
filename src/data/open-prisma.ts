import type pg from 'pg';
import type { PrismaClient } from './generated/prisma/client.js';

/** Loads the engine, which takes 34 MB of memory, when it is first needed. */
export async function openPrisma(pool: pg.Pool): Promise<PrismaClient> {
  const [{ PrismaPg }, { PrismaClient }] = await Promise.all([
    import('@prisma/adapter-pg'),
    import('./generated/prisma/client.js'),
  ]);
  return new PrismaClient({ adapter: new PrismaPg(pool) });
}
