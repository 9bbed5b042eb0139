/** What is read of a message and of a session. Contenders that speak GraphQL ask for these fields by these names. */
export const messageFields = 'id sequence role content toolCallId toolCalls createdAt';
export const sessionFields = 'id title messageCount updatedAt';

const time = (value) => new Date(value).toISOString();

/** One form for all: times as RFC 3339 writes them with milliseconds, roles in lower case, keys in a fixed order. */
export const toMessage = ({ id, sequence, role, content, toolCallId, toolCalls, createdAt }) => ({
  id,
  sequence,
  role: role.toLowerCase(),
  content,
  toolCallId,
  toolCalls,
  createdAt: time(createdAt),
});

/** @param messagesOf how to find the messages of a session; a session that is not there stays null */
export function toSession(session, messagesOf) {
  if (session == null) return null;
  const { id, title, messageCount, updatedAt } = session;
  return {
    id,
    title,
    messageCount,
    updatedAt: time(updatedAt),
    messages: messagesOf(session).map(toMessage),
  };
}
