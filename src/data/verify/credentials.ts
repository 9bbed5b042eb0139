import { sqlCheck } from './check.js';

/**
 * Whether the credentials of each session can be read. What more there is to know of them than their form, such as
 * whether the keys at hand open them, is to be asked here, by a `find` that goes through the sessions with a cursor.
 */
export const credentialsCheck = sqlCheck(
  { name: 'credentials', severity: 'fault', what: 'the credentials of the session are no JSON object' },
  `SELECT s.id AS "sessionId" FROM "ChatSession" s WHERE jsonb_typeof(s.credentials) <> 'object'`,
);
