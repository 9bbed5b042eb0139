import { settings } from '../settings.js';

/** What the servers of contenders/servers/ are told. */
export const servedHere = (databaseUrl, port) => ({
  DATABASE_URL: databaseUrl,
  PORT: String(port),
  POOL_SIZE: String(settings.poolSize),
});
