// Pieces of SQL for the contenders whose statements are written by hand. They read and write what Chatledger's do.
const columns = (alias, names) => names.map((name) => `${alias}."${name}"`).join(', ');

export const messageColumns = (alias) =>
  columns(alias, ['id', 'sequence', 'role', 'content', 'toolCallId', 'toolCalls', 'createdAt']);
export const sessionColumns = (alias) => columns(alias, ['id', 'title', 'messageCount', 'updatedAt']);

/** The session `s` by its id, if it is this user's. */
export const ownedSession = (id, userId) =>
  `s.id = ${id} AND (${userId}::text IS NULL OR s."userId" = ${userId})`;

/** $1: session, $2: user, $3: number of messages. Takes the row's lock and gives the place of the first message. */
export const appendStep = `
  UPDATE "ChatSession" s SET "nextSequence" = s."nextSequence" + $3::int, "messageCount" = s."messageCount" + $3::int,
    revision = s.revision + 1, "updatedAt" = GREATEST(s."updatedAt", statement_timestamp())
  WHERE ${ownedSession('$1', '$2')}
  RETURNING s.id, s."nextSequence" - $3::int AS start, s.revision, s."updatedAt"`;

/** $4: the messages as JSON, each with its `id`, its `place` from 0, and where `isHashed` its `bodyHash`. */
export const insertStep = ({ isHashed = false } = {}) => `
  INSERT INTO "ChatMessage" AS m (id, "sessionId", sequence, role, content, "toolCallId", "toolCalls", revision,
    "appendedRevision", "createdAt", "updatedAt"${isHashed ? ', "bodyHash"' : ''})
  SELECT message.id, session.id, session.start + message.place, message.role, message.content, message."toolCallId",
    message."toolCalls", session.revision, session.revision, session."updatedAt", session."updatedAt"${isHashed ? `, decode(message."bodyHash", 'hex')` : ''}
  FROM session, json_to_recordset($4::json) AS message(
    place int, id uuid, role "ChatMessageRole", content text, "toolCallId" text, "toolCalls" json${isHashed ? ', "bodyHash" text' : ''}
  )`;
