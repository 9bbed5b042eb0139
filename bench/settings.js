import { fileURLToPath } from 'node:url';

/** Everything that the environment decides. Each has a default; a malformed one ends the run at once. */
export const settings = {
  /** Where to make the database. Undefined: an embedded PostgreSQL in a temporary folder. */
  databaseUrl: process.env.DATABASE_URL || undefined,
  rounds: wholeNumber('BENCH_ROUNDS', 5),
  /** Seconds that are measured in each cell, and those before them that are not. */
  seconds: wholeNumber('BENCH_SECONDS', 5),
  warmUp: wholeNumber('BENCH_WARMUP', 2),
  connections: wholeNumber('BENCH_CONNECTIONS', 32),
  /** Requests that `npm run growth` measures at each point. */
  growthRequests: wholeNumber('BENCH_GROWTH_REQUESTS', 200),
  /** Connections of each contender to PostgreSQL. */
  poolSize: wholeNumber('BENCH_POOL_SIZE', 10),
};

const { databaseUrl, ...rest } = settings;

/** Where the database is, for reports: its address may hold a password. */
export const databaseKind = databaseUrl === undefined ? 'embedded' : 'DATABASE_URL';

/** Settings for reports. */
export const publicSettings = { ...rest, database: databaseKind };

export const root = fileURLToPath(new URL('..', import.meta.url));
export const bench = fileURLToPath(new URL('.', import.meta.url));

function wholeNumber(name, fallback) {
  const text = process.env[name] || String(fallback);
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`${name} must be a whole number from 1 on.`);
  return Number(text);
}
