import type pg from 'pg';
import type { PrismaClient } from './generated/prisma/client.js';

/** Its engine takes 70 MB of memory, so it comes with the first who needs it. */
export async function openPrisma(pool: pg.Pool): Promise<PrismaClient> {
  const [{ PrismaPg }, { PrismaClient }] = await Promise.all([
    import('@prisma/adapter-pg'),
    import('./generated/prisma/client.js'),
  ]);
  return new PrismaClient({ adapter: new PrismaPg(pool) });
}
