import type { Client } from './client.js';
import { graphql } from './generated/gql.js';
import type {
  ExtendChatMessageInput,
  FinishChatMessageInput,
  StartChatMessageInput,
} from './generated/graphql.js';
import { createSession, member } from './ledger.js';

export const Start = graphql(`
  mutation StreamingStart($input: StartChatMessageInput!) {
    startChatMessage(input: $input) {
      __typename
      ... on StartChatMessageSuccess {
        replayed
        chatMessage {
          status
          ...AllOfMessage
        }
      }
      ... on MessageIdConflictError {
        messageId
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const Extend = graphql(`
  mutation StreamingExtend($input: ExtendChatMessageInput!) {
    extendChatMessage(input: $input) {
      __typename
      ... on ExtendChatMessageSuccess {
        messageId
        length
        revision
        replayed
      }
      ... on OffsetConflictError {
        right: length
      }
      ... on MessageNotInProgressError {
        status
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const Finish = graphql(`
  mutation StreamingFinish($input: FinishChatMessageInput!) {
    finishChatMessage(input: $input) {
      __typename
      ... on FinishChatMessageSuccess {
        replayed
        chatMessage {
          status
          ...AllOfMessage
        }
      }
      ... on MessageNotInProgressError {
        status
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

const ReadAnswer = graphql(`
  query StreamingReadAnswer($id: ID!, $sessionId: ID!) {
    node(id: $id) {
      ... on ChatMessage {
        status
        ...AllOfMessage
      }
    }
    chatSession(id: $sessionId) {
      lastMessage {
        content
        revision
        updatedAt
      }
      messages {
        nodes {
          content
          revision
          updatedAt
        }
      }
    }
  }
`);

/** The result of a start, whatever it is. */
export async function start(client: Client, input: StartChatMessageInput) {
  return (await client.runOk(Start, { input })).startChatMessage;
}

/** The result of an extension, whatever it is. */
export async function extend(client: Client, input: ExtendChatMessageInput) {
  return (await client.runOk(Extend, { input })).extendChatMessage;
}

/** The result of a finish, whatever it is. */
export async function finish(client: Client, input: FinishChatMessageInput) {
  return (await client.runOk(Finish, { input })).finishChatMessage;
}

/** An answer in progress, the only message of a session of its own, and what can be done with it. */
export async function openAnswer(client: Client, input: Omit<StartChatMessageInput, 'sessionId'> = {}) {
  const { id: sessionId } = await createSession(client);
  const { chatMessage } = member(await start(client, { sessionId, ...input }), 'StartChatMessageSuccess');
  const { id } = chatMessage;
  let length = input.content?.length ?? 0;
  return {
    client,
    sessionId,
    id,
    started: chatMessage,
    extend: (offset: number, delta: string) => extend(client, { sessionId, messageId: id, offset, delta }),
    /** Puts these pieces behind what it holds, one after the other. */
    write: async (...deltas: string[]): Promise<void> => {
      for (const delta of deltas) {
        const result = await extend(client, { sessionId, messageId: id, offset: length, delta });
        length = member(result, 'ExtendChatMessageSuccess').length;
      }
    },
    finish: (end: Partial<FinishChatMessageInput> = {}) =>
      finish(client, { sessionId, messageId: id, status: 'COMPLETE', ...end }),
    finished: async (end: Partial<FinishChatMessageInput> = {}) => {
      const result = await finish(client, { sessionId, messageId: id, status: 'COMPLETE', ...end });
      return member(result, 'FinishChatMessageSuccess').chatMessage;
    },
    /** The message as it is now, when nobody changes it. @throws when its session shows it otherwise */
    read: async () => {
      const { node, chatSession } = await client.runOk(ReadAnswer, { id, sessionId });
      if (!node || !('status' in node) || !chatSession) throw new Error('The message is gone.');
      const { content, revision, updatedAt } = node;
      const shown = JSON.stringify({ content, revision, updatedAt });
      for (const other of [chatSession.lastMessage, chatSession.messages.nodes.at(-1)]) {
        if (JSON.stringify(other) !== shown)
          throw new Error(`Shown as ${JSON.stringify(other)}, not ${shown}.`);
      }
      return node;
    },
  };
}
