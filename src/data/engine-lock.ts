/** The advisory lock that Prisma's schema engine takes to migrate, here and in Prisma's own command line. */
export const engineLock = '72707369';
