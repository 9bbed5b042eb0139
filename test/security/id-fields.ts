import { randomUUID } from 'node:crypto';
import { sessionCursor } from '../../src/ledger/cursor.js';

/** Ids that a caller may send. */
export interface Ids {
  readonly session: string;
  readonly message: string;
  /** A message in progress. */
  readonly answer: string;
}

export const toolCallId = 'call_of_the_owner';
/** What a message in progress holds. */
export const half = 'half an answer';

export function unknownIds(): Ids {
  return { session: randomUUID(), message: randomUUID(), answer: randomUUID() };
}

/** What to ask of a result union. */
export const error = '__typename ... on Error { code message }';
export const notFound = (message: string) => ({ __typename: 'NotFoundError', code: 'NOT_FOUND', message });

/** Each field that takes an id: how it is sent, and what it gives for one that the viewer can't see. */
export const fields: Record<string, { call: (ids: Ids) => string; gives: unknown }> = {
  chatSession: {
    call: ({ session }) => `query { chatSession(id: "${session}") { id userId credentials title } }`,
    gives: null,
  },
  node: { call: ({ session }) => `query { node(id: "${session}") { __typename id } }`, gives: null },
  nodes: {
    call: ({ session, message }) => `query { nodes(ids: ["${session}", "${message}"]) { __typename id } }`,
    gives: [null, null],
  },
  updateChatSession: {
    call: ({ session }) =>
      `mutation { updateChatSession(input: { id: "${session}", title: "taken over", addPromptTokens: 1 }) {
        ... on UpdateChatSessionSuccess { chatSession { title } } ${error} } }`,
    gives: notFound('There is no such session.'),
  },
  deleteChatSession: {
    call: ({ session }) => `mutation { deleteChatSession(input: { id: "${session}" }) { ${error} } }`,
    gives: notFound('There is no such session.'),
  },
  appendChatMessage: {
    call: ({ session }) =>
      `mutation { appendChatMessage(input: { sessionId: "${session}", message: { role: USER, content: "x" } }) { ${error} } }`,
    gives: notFound('There is no such session.'),
  },
  appendChatMessages: {
    call: ({ session, message }) =>
      `mutation { appendChatMessages(input: { sessionId: "${session}", startSequence: 0, messages: [
        { id: "${message}", role: USER, content: "a question" } ] }) {
        ... on AppendChatMessagesSuccess { replayed } ${error} } }`,
    gives: notFound('There is no such session.'),
  },
  updateToolMessageContent: {
    call: ({ session }) =>
      `mutation { updateToolMessageContent(input: {
        sessionId: "${session}", toolCallId: "${toolCallId}", content: "forged", expectedContent: "no" }) {
        ... on ContentConflictError { currentContent } ${error} } }`,
    gives: notFound('There is no message of role TOOL that answers this call.'),
  },
  startChatMessage: {
    call: ({ session, answer }) =>
      `mutation { startChatMessage(input: { sessionId: "${session}", id: "${answer}", content: "${half}" }) {
        ... on StartChatMessageSuccess { chatMessage { content } } ${error} } }`,
    gives: notFound('There is no such session.'),
  },
  extendChatMessage: {
    call: ({ session, answer }) =>
      `mutation { extendChatMessage(input: {
        sessionId: "${session}", messageId: "${answer}", offset: ${half.length}, delta: "forged" }) {
        ... on ExtendChatMessageSuccess { length } ... on OffsetConflictError { right: length } ${error} } }`,
    gives: notFound('There is no such message.'),
  },
  finishChatMessage: {
    call: ({ session, answer }) =>
      `mutation { finishChatMessage(input: {
        sessionId: "${session}", messageId: "${answer}", status: CANCELLED, usage: { promptTokens: 1 } }) {
        ... on FinishChatMessageSuccess { chatMessage { content } } ... on MessageNotInProgressError { status } ${error} } }`,
    gives: notFound('There is no such message.'),
  },
};

const begin = '2026-01-01T00:00:00Z';

/**
 * Each field that takes an id: a request of it that names a session, and an id that stands for anything elsewhere. Those
 * that take but one id send that.
 */
export const probes: Record<string, (session: string, id: string) => string> = {
  chatSession: (_session, id) =>
    `query { chatSession(id: "${id}") { id title messages(last: 1) { totalCount nodes { id content } } } }`,
  chatSessions: (_session, id) => {
    const cursor = sessionCursor.encode({ id, updatedAt: begin });
    return `query {
      after: chatSessions(after: "${cursor}") { totalCount nodes { messageCount } pageInfo { hasNextPage hasPreviousPage } }
      before: chatSessions(last: 5, before: "${cursor}") { nodes { messageCount } pageInfo { hasNextPage hasPreviousPage } } }`;
  },
  chatSessionChanges: (_session, id) =>
    `subscription { chatSessionChanges(sessionId: "${id}", afterRevision: 0) { __typename revision } }`,
  updateChatSession: (_session, id) =>
    `mutation { updateChatSession(input: { id: "${id}", title: "taken over", addPromptTokens: 1 }) {
      ... on UpdateChatSessionSuccess { chatSession { title } } ${error} } }`,
  deleteChatSession: (_session, id) =>
    `mutation { deleteChatSession(input: { id: "${id}" }) { ... on DeleteChatSessionSuccess { replayed } ${error} } }`,
  node: (_session, id) => `query { node(id: "${id}") { __typename id } }`,
  nodes: (session, id) => `query { nodes(ids: ["${session}", "${id}"]) { __typename id } }`,
  createChatSession: (_session, id) =>
    `mutation { createChatSession(input: { id: "${id}" }) {
      ... on CreateChatSessionSuccess { created chatSession { id revision messageCount } } ${error} } }`,
  appendChatMessage: (session, id) =>
    `mutation { appendChatMessage(input: { sessionId: "${session}", message: { id: "${id}", role: USER, content: "a question" } }) {
      ... on AppendChatMessageSuccess { replayed chatMessage { id sequence content } }
      ... on MessageIdConflictError { messageId } ${error} } }`,
  appendChatMessages: (session, id) =>
    `mutation { appendChatMessages(input: { sessionId: "${session}", messages: [{ role: USER }, { id: "${id}", role: USER }] }) {
      ... on AppendChatMessagesSuccess { replayed chatMessages { sequence content } }
      ... on MessageIdConflictError { messageId } ${error} } }`,
  startChatMessage: (session, id) =>
    `mutation { startChatMessage(input: { sessionId: "${session}", id: "${id}", content: "${half}" }) {
      ... on StartChatMessageSuccess { replayed chatMessage { id sequence content } }
      ... on MessageIdConflictError { messageId } ${error} } }`,
  extendChatMessage: (session, id) =>
    `mutation {
      grow: extendChatMessage(input: { sessionId: "${session}", messageId: "${id}", offset: ${half.length}, delta: "x" }) {
        ... on ExtendChatMessageSuccess { length } ... on OffsetConflictError { right: length } ${error} }
      keep: extendChatMessage(input: { sessionId: "${session}", messageId: "${id}", offset: ${half.length}, delta: "" }) {
        ... on ExtendChatMessageSuccess { length } ... on OffsetConflictError { right: length } ${error} } }`,
  finishChatMessage: (session, id) =>
    `mutation { finishChatMessage(input: { sessionId: "${session}", messageId: "${id}", status: CANCELLED }) {
      ... on FinishChatMessageSuccess { replayed } ... on MessageNotInProgressError { status } ${error} } }`,
  updateToolMessageContent: (session, id) =>
    `mutation { updateToolMessageContent(input: {
      sessionId: "${session}", toolCallId: "${toolCallId}", messageId: "${id}", content: "forged" }) {
      ... on ContentConflictError { currentContent } ${error} } }`,
};
