import { v7 } from 'uuid';
import { appendStep, insertStep, messageColumns, ownedSession, sessionColumns } from './sql.js';

/** What both servers with Mercurius answer. */
export const schema = `
  scalar JSON
  scalar DateTime
  type Query {
    chatSession(id: ID!): ChatSession
    chatSessions(first: Int!): [ChatSession!]!
    chatSessionCount: Int!
  }
  type ChatSession {
    id: ID!
    title: String
    messageCount: Int!
    updatedAt: DateTime!
    messages(last: Int!): [ChatMessage!]!
  }
  type ChatMessage {
    id: ID!
    sequence: Int!
    role: String!
    content: String
    toolCallId: String
    toolCalls: JSON
    createdAt: DateTime!
  }
  input ChatMessageInput { role: String!, content: String, toolCallId: String, toolCalls: JSON }
  type Mutation {
    appendChatMessage(sessionId: ID!, message: ChatMessageInput!): ChatMessage
    appendChatMessages(sessionId: ID!, messages: [ChatMessageInput!]!): [ChatMessage!]
  }
`;

/**
 * The resolvers and loaders on named statements of a pool of pg.
 *
 * @param hashOf gives a message's hash to be stored, in hexadecimal; without it the column has its default
 * @param check looks at what the arguments hold. @throws for what is too large
 */
export function createResolvers(pool, { hashOf, check = () => undefined } = {}) {
  const query = async (name, text, values) => (await pool.query({ name, text, values })).rows;
  const insert = insertStep({ isHashed: hashOf !== undefined });

  async function append(userId, sessionId, messages) {
    check({ sessionId, messages });
    const placed = messages.map((message, place) => ({
      ...message,
      place,
      id: v7(),
      ...(hashOf && { bodyHash: hashOf(message) }),
    }));
    const rows = await query(
      'append',
      `WITH session AS (${appendStep}) ${insert} RETURNING ${messageColumns('m')}`,
      [sessionId, userId, placed.length, JSON.stringify(placed)],
    );
    return rows.sort((a, b) => a.sequence - b.sequence);
  }

  const resolvers = {
    Query: {
      chatSession: async (_, { id }, { userId }) => {
        check({ sessionId: id });
        const [session] = await query(
          'session',
          `SELECT ${sessionColumns('s')} FROM "ChatSession" s WHERE ${ownedSession('$1', '$2')}`,
          [id, userId],
        );
        return session;
      },
      chatSessions: (_, { first }, { userId }) => {
        check({ page: first });
        return query(
          'sessions',
          `SELECT ${sessionColumns('s')} FROM "ChatSession" s
           WHERE s."userId" = $1 ORDER BY s."updatedAt" DESC, s.id DESC LIMIT $2`,
          [userId, first],
        );
      },
      chatSessionCount: async (_, __, { userId }) => {
        const [{ count }] = await query(
          'session_count',
          'SELECT count(*)::int AS count FROM "ChatSession" WHERE "userId" = $1',
          [userId],
        );
        return count;
      },
    },
    Mutation: {
      appendChatMessage: async (_, { sessionId, message }, { userId }) =>
        (await append(userId, sessionId, [message]))[0],
      appendChatMessages: (_, { sessionId, messages }, { userId }) => append(userId, sessionId, messages),
    },
  };

  const loaders = {
    ChatSession: {
      async messages(queries, { userId }) {
        // One document of ours asks for windows of one size.
        const { last } = queries[0].params;
        check({ page: last });
        const rows = await query(
          'messages',
          `SELECT m.* FROM unnest($1::uuid[]) AS wanted(id)
           JOIN "ChatSession" s ON ${ownedSession('wanted.id', '$2')}
           CROSS JOIN LATERAL (
             SELECT m."sessionId", ${messageColumns('m')} FROM "ChatMessage" m
             WHERE m."sessionId" = s.id ORDER BY m.sequence DESC LIMIT $3
           ) m`,
          [queries.map(({ obj }) => obj.id), userId, last],
        );
        const bySession = new Map(queries.map(({ obj }) => [obj.id, []]));
        for (const row of rows) bySession.get(row.sessionId).push(row);
        return queries.map(({ obj }) => bySession.get(obj.id).reverse());
      },
    },
  };
  return { resolvers, loaders };
}
