import { fillSessions } from '../data/load.js';
import { idOf } from '../data/shape.js';

/** Sessions beside the data set, in the same mix of messages. */

/** Times are a minute apart from here on: all are older than what is appended while it is measured. */
const begin = Date.UTC(2025, 0, 1);

/** The n-th session of a user, from 0 on, the oldest. */
export const sessionOf = (userId, n) => ({
  id: idOf(`${userId} ${n}`),
  updatedAt: new Date(begin + n * 60_000).toISOString(),
});

/**
 * Gives a new user sessions.
 *
 * @param messages how many each of them holds
 * @param filled those that hold them, by their number; the others hold none. Default: all
 */
export async function addSessions(client, { userId, sessions, messages, filled = null }) {
  await client.query(
    `INSERT INTO "ChatSession" (id, "userId", title, "messageCount", "nextSequence", revision, "createdAt", "updatedAt")
     SELECT md5($1 || ' ' || n)::uuid, $1, 'Session ' || n, held, held, held, time, time
     FROM generate_series(0, $2::int - 1) n, LATERAL (
       SELECT CASE WHEN $4::int[] IS NULL OR n = ANY($4) THEN $3::int ELSE 0 END,
         $5::timestamptz + n * interval '1 minute'
     ) AS session(held, time)`,
    [userId, sessions, messages, filled, new Date(begin)],
  );
  await fillSessions(client, [userId]);
}
