import { lexicographicSortSchema, printSchema } from 'graphql';
import { builder } from './builder.js';
import { countLeaves } from './counted-leaves.js';
import './errors.js';
import './viewer.js';
import './chat-message.js';
import './chat-session.js';
import './node.js';
import './chat-session-mutations.js';
import './chat-message-mutations.js';
import './chat-session-changes.js';
import './user-chat-session-changes.js';
import './chat-message-streaming.js';

/** The schema that the server executes. */
export const schema = countLeaves(builder.toSchema());

/** The schema in GraphQL's language, in an order that does not depend on that of the code. */
export function schemaText(): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
